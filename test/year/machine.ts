import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { eq } from 'drizzle-orm'
import type { Database } from '../../src/db/connect.ts'
import { heartbeats } from '../../src/db/schema.ts'
import { type Finished, type Running, runStoryline, startStoryline } from '../support/cli.ts'
import type { FakeTelegram } from '../support/fake-telegram.ts'
import { startProxy } from '../support/proxy.ts'
import { ADMIN, TEAM } from '../support/team.ts'
import { type DatabaseClock, takeDatabaseClock } from './database-clock.ts'
import type { Press } from './people.ts'

/** A Pi with its own clock, its wires to the database and to Telegram, and a bot that systemd keeps up. */
export interface Machine {
  readonly env: Record<string, string>
  readonly backupDir: string
  /** Moves the database's clock and the machine's, which may be wrong by some hours. */
  setTime(at: Date, machineIsOffByHours: number): Promise<void>
  run(...args: string[]): Promise<Finished>
  start(...args: string[]): Running
  startBot(): void
  /** As the power does it. */
  killBot(): Promise<void>
  /** Waits until the bot has heard from Telegram at the time that it is now: a poll may take half a minute. */
  untilBotHears(at: Date): Promise<void>
  press: Press
  readonly database: Wire
  readonly telegram: Wire
  close(): Promise<void>
}

type Wire = Awaited<ReturnType<typeof startProxy>>

export interface MachineMeans {
  db: Database
  url: string
  fake: FakeTelegram
  mediaPath: string
  settings: Record<string, string>
}

/** A URL: NODE_OPTIONS is split at spaces. */
const PRELOAD = new URL('./shift-clock.mjs', import.meta.url).href
const PATIENCE_MS = 60_000

export async function bootMachine(means: MachineMeans): Promise<Machine> {
  const { db, url, fake, mediaPath, settings } = means
  const home = mkdtempSync(join(tmpdir(), 'storyline-week-'))
  const clock: DatabaseClock = await takeDatabaseClock(db)
  const clockFile = join(home, 'clock')
  const database = await startProxy(url)
  const telegram = await startProxy(fake.url)
  const backupDir = join(home, 'backups')
  const env = {
    STORYLINE_HOME: home,
    NODE_OPTIONS: `--import ${PRELOAD}`,
    STORYLINE_TEST_CLOCK: clockFile,
    DATABASE_URL: database.url,
    TELEGRAM_BOT_TOKEN: fake.token,
    TELEGRAM_API_ROOT: telegram.url,
    TELEGRAM_CHANNEL_ID: String(TEAM),
    ADMIN_TELEGRAM_CHAT_ID: String(ADMIN),
    MEDIA_BASE_PATH: mediaPath,
    BACKUP_DIR: backupDir,
    ...settings,
  }
  let bot: Running | undefined
  const killBot = async () => {
    bot?.child.kill('SIGKILL')
    await bot?.done
    bot = undefined
  }
  return {
    env,
    backupDir,
    database,
    telegram,
    setTime: async (at, machineIsOffByHours) => {
      const ms = at.getTime() - Date.now()
      await clock.shiftBy(ms)
      writeFileSync(`${clockFile}.new`, String(ms + machineIsOffByHours * 3_600_000))
      renameSync(`${clockFile}.new`, clockFile)
    },
    run: (...args) => runStoryline(args, { env }),
    start: (...args) => startStoryline(args, { env }),
    startBot: () => {
      bot = startStoryline(['bot'], { env })
    },
    killBot,
    untilBotHears: (at) => untilBotHears(means, at, () => bot?.stderr() ?? 'no bot'),
    press: async (facts) => {
      const { queryId } = fake.press(facts)
      const answer = () => fake.presses().find((one) => one.queryId === queryId)?.answer?.text
      await until(
        () => answer() !== undefined,
        () => `an answer to a press; the bot said: ${bot?.stderr()}`,
      )
      return answer() ?? ''
    },
    close: async () => {
      await killBot()
      await Promise.all([database.cut().catch(() => {}), telegram.cut().catch(() => {})])
      rmSync(home, { recursive: true, force: true })
    },
  }
}

async function untilBotHears({ db, fake }: MachineMeans, at: Date, said: () => string): Promise<void> {
  // Anything that it hears ends its long poll.
  fake.say({ chatId: TEAM, from: ADMIN, text: 'good morning' })
  const isHeard = async () => {
    const [row] = await db.select().from(heartbeats).where(eq(heartbeats.name, 'bot'))
    return row !== undefined && row.beatAt.getTime() > at.getTime() - 5 * 60_000
  }
  await until(isHeard, () => `a heartbeat of the bot at ${at.toISOString()}; it said: ${said()}`)
}

async function until(isSo: () => boolean | Promise<boolean>, what: () => string): Promise<void> {
  const end = performance.now() + PATIENCE_MS
  while (!(await isSo())) {
    if (performance.now() > end) throw new Error(`waited in vain for ${what()}`)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}
