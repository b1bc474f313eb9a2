/** Folders of DAGs with `.airflowignore` files, and what Airflow still sees of them. It refuses nothing. */
export interface IgnoreCase {
  readonly name: string
  readonly syntax: 'regexp' | 'glob'
  /** Text by folder. */
  readonly ignores: Readonly<Record<string, string>>
  readonly files: readonly string[]
  readonly seen: readonly string[]
}

export const ignoreCases: readonly IgnoreCase[] = [
  {
    name: 'an expression is searched anywhere in the path, a comment is cut off',
    syntax: 'regexp',
    ignores: { '': 'draft  # not yet\n^lib/\n' },
    files: ['a.py', 'my_draft.py', 'x/draft/b.py', 'lib/c.py', 'x/lib/d.py'],
    seen: ['a.py', 'x/lib/d.py'],
  },
  {
    name: 'a file in a deeper folder holds below it, and sees the whole path',
    syntax: 'regexp',
    ignores: { team: '^team/old\nwip_.*\n' },
    files: ['wip_a.py', 'team/wip_b.py', 'team/old/c.py', 'team/x/old.py', 'team/x/wip_d.py'],
    seen: ['team/x/old.py', 'wip_a.py'],
  },
  {
    name: 'blanks at the ends belong to the expression',
    syntax: 'regexp',
    ignores: { '': ' a\nb \n' },
    files: ['a.py', 'b.py'],
    seen: ['a.py', 'b.py'],
  },
  {
    name: 'named groups and flags of Python',
    syntax: 'regexp',
    ignores: { '': '(?i)LIB\n(?P<what>old)_\n\\Atop\n' },
    files: ['lib/a.py', 'old_b.py', 'top.py', 'x/top.py'],
    seen: ['x/top.py'],
  },
  {
    name: 'an expression nobody can read hides nothing',
    syntax: 'regexp',
    ignores: { '': '*.py\nlib\n' },
    files: ['a.py', 'lib/b.py'],
    seen: ['a.py'],
  },
  {
    name: 'a glob with a slash is of its folder, one without of every depth',
    syntax: 'glob',
    ignores: { '': '/top.py\nlib/sub\nold_*\n' },
    files: ['top.py', 'x/top.py', 'lib/sub/a.py', 'x/lib/sub/b.py', 'x/y/old_c.py'],
    seen: ['x/lib/sub/b.py', 'x/top.py'],
  },
  {
    name: 'the last glob that fits decides, and a hidden folder is not entered',
    syntax: 'glob',
    ignores: { '': '*.py\n!keep.py\nlib/\n', team: '!daily.py\n' },
    files: ['a.py', 'keep.py', 'lib/keep.py', 'team/daily.py', 'team/other.py', 'team/keep.py'],
    seen: ['keep.py', 'team/daily.py', 'team/keep.py'],
  },
  {
    name: 'a glob that ends in a slash is for folders only',
    syntax: 'glob',
    ignores: { '': 'build.py/\n/\n' },
    files: ['build.py', 'x/build.py/a.py'],
    seen: ['build.py'],
  },
  {
    name: 'two stars go through folders',
    syntax: 'glob',
    ignores: { x: '**/deep/*.py\n' },
    files: ['x/deep/a.py', 'x/y/deep/b.py', 'deep/c.py', 'x/y/d.py'],
    seen: ['deep/c.py', 'x/y/d.py'],
  },
]
