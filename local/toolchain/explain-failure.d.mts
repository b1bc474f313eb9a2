export function explainFailure(doing: string, output: string): Error
