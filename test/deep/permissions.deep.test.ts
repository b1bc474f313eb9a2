/** The whole promise of test/bundle/permissions: every permission of every mode, also of those that start dbt or Airflow. */
import { describeRefusals } from '../bundle/permissions/refusals.ts'

describeRefusals(() => true, 20 * 60_000)
