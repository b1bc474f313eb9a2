globalThis[Symbol.for('clickstream-actions.end-of-job')] = true
require('./index.js')
