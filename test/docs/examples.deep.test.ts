/** The complete examples of the documents, and those of docs/migrate.md, executed on one local cloud. */
import { describeRuns, isMinimal, promised } from './run-examples.ts'

describeRuns(promised.filter((entry) => !isMinimal(entry)))
