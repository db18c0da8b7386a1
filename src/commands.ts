import type { CommandDefinition } from './command.ts'

export interface CommandEntry {
  name: string
  summary: string
  group: 'Start' | 'Library' | 'Schedule' | 'Posting' | 'People' | 'Plumbing'
  load(): Promise<{ default: CommandDefinition<never> }>
}

/** Every command, in the order of the help; each is imported only when it is called. */
export const COMMANDS: readonly CommandEntry[] = [
  {
    name: 'help',
    summary: 'explain a topic or a command',
    group: 'Start',
    load: () => import('./setup/help.ts'),
  },
  {
    name: 'db',
    summary: 'start, stop, migrate and inspect the database',
    group: 'Plumbing',
    load: () => import('./db/db-command.ts'),
  },
  {
    name: 'version',
    summary: 'print version, Node and schema',
    group: 'Plumbing',
    load: () => import('./setup/version-command.ts'),
  },
]
