import type { Rule } from 'eslint'

export declare const noCycle: Rule.RuleModule
