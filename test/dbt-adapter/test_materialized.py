"""Changes of materialized views under each `on_configuration_change`."""

from dbt.tests.adapter.materialized_view import changes
from materialized import Changes


class TestChangesAreApplied(Changes, changes.MaterializedViewChangesApplyMixin):
    pass


class TestChangesAreLeft(Changes, changes.MaterializedViewChangesContinueMixin):
    pass


class TestChangesAreRefused(Changes, changes.MaterializedViewChangesFailMixin):
    pass
