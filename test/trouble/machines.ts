import { join } from 'node:path'
import { beforeAll, describe, it } from 'vitest'
import { expectQuiet, expectTold, PATIENCE, runCell, type Start } from './cell.ts'
import { CASES, type Column, type Row } from './table.ts'
import type { Workplace } from './workplace.ts'

interface Machine {
  column: Column
  start?: Omit<Start, 'env'>
  env?: Record<string, string>
  /** A setting that is not there. */
  without?: string
}

/** Every row of the table on a machine that is odd. */
export function describeMachine(name: string, open: () => Workplace, machine: Machine): void {
  const { column, start = {}, env = {}, without = '' } = machine
  describe(name, () => {
    let shared: string
    let settings: Record<string, string>
    beforeAll(async () => {
      const place = open()
      shared = await place.usedDatabase()
      const all = { ...place.env, STORYLINE_HOME: join(place.folder, 'home'), ...env }
      settings = Object.fromEntries(Object.entries(all).filter(([setting]) => setting !== without))
    }, PATIENCE)
    const databaseFor = ({ isAlone }: Row) => (isAlone ? open().freshDatabase() : shared)

    it.each(CASES)(
      '%s',
      async (_, row) => {
        const { fill, folder } = open()
        const finished = await runCell([...fill(row.words), '--json'], {
          ...{ spare: join(folder, 'gone'), ...start },
          env: { ...settings, DATABASE_URL: await databaseFor(row) },
        })
        if (start.isUnread) expectQuiet(finished, row.expected[column])
        else expectTold(row.words, finished, row.expected[column])
      },
      PATIENCE,
    )
  })
}
