import { bashScript } from './completion-bash.ts'
import { fishScript } from './completion-fish.ts'
import { zshScript } from './completion-zsh.ts'
import type { CommandModel } from './help-model.ts'

/** A script for each shell; the commands as they are now stand in it. */
export const SCRIPTS: Readonly<Record<'bash' | 'zsh' | 'fish', (commands: readonly CommandModel[]) => string>> = {
  bash: bashScript,
  zsh: zshScript,
  fish: fishScript,
}
