/** The same promise as test/bundle/permissions, for the modes that start dbt or Airflow or wait. */
import { describeRefusals } from '../bundle/permissions/refusals.ts'

describeRefusals(({ isSlow }) => isSlow === true, 20 * 60_000)
