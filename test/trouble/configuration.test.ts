import { mkdtempSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { COMMANDS } from '../../src/commands.ts'
import { expectTold, PATIENCE, runCell } from './cell.ts'
import { CASES, ROWS, type Row } from './table.ts'
import { openWorkplace, type Workplace } from './workplace.ts'

let place: Workplace
beforeAll(async () => {
  place = await openWorkplace()
}, PATIENCE)
afterAll(() => place.close(), PATIENCE)

/** What may follow a command, as its --help says; just the empty word when there are no actions. */
async function actionsOf(name: string): Promise<string[]> {
  const { stdout } = await runCell([name, '--help'], { env: {} })
  const [, choices = ''] = /Arguments:\s+action\s.*?\(choices: (.*?)\)/.exec(stdout.replace(/\s+/g, ' ')) ?? []
  return [...choices.matchAll(/"(.*?)"/g)].map(([, action = '']) => action)
}

describe('every command has a row, and so has every action', () => {
  const lines = ROWS.map(({ words }) => `${words.join(' ')} `)

  it.each(COMMANDS.map(({ name }) => name))(
    '%s',
    async (name) => {
      const actions = await actionsOf(name)
      const wanted = actions.length === 0 ? [name] : actions.map((action) => `${name} ${action}`)
      expect(wanted.filter((words) => !lines.some((line) => line.startsWith(`${words} `)))).toEqual([])
    },
    PATIENCE,
  )

  it(
    'the actions were found',
    async () => {
      expect(await actionsOf('db')).toContain('migrate')
      expect(await actionsOf('config')).toContain('unset')
    },
    PATIENCE,
  )

  it('and no row is of a command that does not exist', () => {
    expect(ROWS.filter(({ words }) => !COMMANDS.some(({ name }) => name === words[0]))).toEqual([])
  })
})

describe('the configuration is wrong', () => {
  let shared: string
  beforeAll(async () => {
    shared = await place.usedDatabase()
  })

  it.each(CASES)(
    '%s',
    async (_, { words, expected }) => {
      const wrong = { TIMEZONE: 'Mars/Olympus', POSTS_PER_DAY: 'many' }
      const finished = await runCell([...place.fill(words), '--json'], {
        env: { ...place.env, STORYLINE_HOME: place.folder, DATABASE_URL: shared, ...wrong },
      })
      const { code } = expected.wrong
      expectTold(words, finished, expected.wrong, code === 4 ? 'not_configured' : undefined)
      // Every mistake at once.
      if (code === 4) expect(finished.stderr).toMatch(/Mars\/Olympus[\s\S]*many|many[\s\S]*Mars\/Olympus/)
    },
    PATIENCE,
  )
})

describe('nothing is configured but the database', () => {
  let shared: string
  beforeAll(async () => {
    shared = await place.freshDatabase()
  })
  const databaseFor = ({ isAlone }: Row) => (isAlone ? place.freshDatabase() : shared)

  it.each(CASES)(
    '%s',
    async (_, row) => {
      const { PATH = '' } = place.env
      const env = {
        PATH,
        STORYLINE_HOME: mkdtempSync(join(place.folder, 'none-')),
        DATABASE_URL: await databaseFor(row),
      }
      const finished = await runCell([...place.fill(row.words), '--json'], { env })
      const { code } = row.expected.none
      expectTold(row.words, finished, row.expected.none, code === 4 ? 'not_configured' : undefined)
    },
    PATIENCE,
  )
})
