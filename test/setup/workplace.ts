import { chmodSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pattern } from '../support/pictures.ts'
import { ADMIN, TEAM } from '../support/team.ts'

/** Names that every shell and every parser would like to misread. */
const ODD = 'my $HOME 50% "x" #1'

/** Enough for the weeks ahead of which `check-health` warns. */
const PICTURES = 60

export interface Workplace {
  /** Of the user. */
  userHome: string
  /** STORYLINE_HOME. */
  home: string
  /** What `.env` says, besides what it said before. */
  configure(settings: Record<string, string>): void
  /** What LOG_FILE holds. */
  log(): { command: string; msg: string }[]
  remove(): void
}

/** A home with some pictures and a `.env`, as after `storyline init`. */
export async function createWorkplace(telegram: { url: string; token: string }): Promise<Workplace> {
  const userHome = realpathSync(mkdtempSync(join(tmpdir(), 'storyline-work-')))
  chmodSync(userHome, 0o755)
  const home = join(userHome, ODD)
  mkdirSync(join(home, 'media/stories/memes'), { recursive: true })
  const picture = await pattern({ width: 720, height: 1280 }).jpeg({ quality: 30 }).toBuffer()
  for (let number = 0; number < PICTURES; number += 1) {
    // Bytes after the end of a JPEG are allowed: every file gets content of its own.
    const content = Buffer.concat([picture, Buffer.from(String(number))])
    writeFileSync(join(home, `media/stories/memes/cat${number}.jpg`), content)
  }
  const settings: Record<string, string> = {
    TELEGRAM_BOT_TOKEN: telegram.token,
    TELEGRAM_API_ROOT: telegram.url,
    TELEGRAM_CHANNEL_ID: String(TEAM),
    ADMIN_TELEGRAM_CHAT_ID: String(ADMIN),
    LOG_FILE: 'logs/storyline.log',
  }
  const file = join(home, '.env')
  return {
    userHome,
    home,
    configure: (more) => {
      Object.assign(settings, more)
      const lines = Object.entries(settings).map(([name, value]) => `${name}=${value}\n`)
      writeFileSync(file, lines.join(''), { mode: 0o600 })
    },
    log: () =>
      readFileSync(join(home, 'logs/storyline.log'), 'utf8')
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line)),
    remove: () => rmSync(userHome, { recursive: true, force: true }),
  }
}
