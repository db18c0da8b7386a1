import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { spawn } from '@lydell/node-pty'

export interface Typing {
  /** Working directory; the words that the program got are written there. */
  folder: string
  env: Record<string, string>
  /** The completion script. */
  script: string
  /** After `storyline `; then come Tab and Enter. */
  typed: string
}

const READY = 'shell-is-ready'
const PATIENCE_MS = 20_000

/** A person at an interactive shell: the words that `storyline` would have been given. */
export async function typeInto([shell = '', ...args]: readonly string[], { folder, env, script, typed }: Typing) {
  const [init, result] = [join(folder, 'init.sh'), join(folder, 'words')]
  rmSync(result, { force: true })
  const isZsh = shell.endsWith('zsh')
  // Completion calls the program in a subshell, with its own first word; what the person runs notes its words.
  writeFileSync(
    init,
    `PS1='$ '
${isZsh ? `autoload -Uz compinit; compinit -u -D; zstyle ':completion:*' menu no` : "bind 'set enable-bracketed-paste off'"}
source "${script}"
storyline() {
  if [[ $1 == completion ]]; then command storyline "$@"; return; fi
  printf '%s\\n' "$@" > "${result}"; echo "done""-here"
}
echo "shell-is""-ready"
`,
  )
  const terminal = spawn(shell, args, {
    cwd: folder,
    env: { ...env, HOME: folder, TERM: 'xterm' },
    cols: 200,
    rows: 50,
  })
  let shown = ''
  terminal.onData((data) => {
    shown += data
  })
  const until = async (isReached: () => boolean) => {
    for (let waitedMs = 0; !isReached(); waitedMs += 20) {
      if (waitedMs > PATIENCE_MS) throw new Error(`the shell did not get on:\n${shown}`)
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
  }
  try {
    terminal.write(`source ${JSON.stringify(init)}\r`)
    await until(() => shown.includes(READY))
    const before = shown.length
    terminal.write(`storyline ${typed}\t`)
    // Enter waits in the line until the candidates are there.
    await until(() => shown.length > before)
    terminal.write('\r')
    await until(() => shown.includes('done-here'))
    return readFileSync(result, 'utf8').trimEnd().split('\n')
  } finally {
    terminal.kill('SIGKILL')
  }
}
