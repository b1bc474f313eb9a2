// How a changeset becomes lines of CHANGELOG.md: its words, for users; no hashes, no names.
const indent = (line) => (line === '' ? '' : `  ${line}`)
export default {
  getReleaseLine: async ({ summary }) => {
    const [first, ...rest] = summary.trim().split('\n')
    return [`- ${first}`, ...rest.map(indent)].join('\n')
  },
  getDependencyReleaseLine: async () => '',
}
