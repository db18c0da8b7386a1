import { afterAll, beforeAll } from 'vitest'
import { PATIENCE, READ_ONLY } from './cell.ts'
import { describeMachine } from './machines.ts'
import { openWorkplace, type Workplace } from './workplace.ts'

let place: Workplace
beforeAll(async () => {
  place = await openWorkplace()
}, PATIENCE)
afterAll(() => place.close(), PATIENCE)

describeMachine('from a folder that is gone', () => place, {
  column: 'well',
  start: { before: 'mkdir "$0" && cd "$0" && rmdir "$0"' },
})

describeMachine('with a read-only home', () => place, {
  column: 'read-only',
  env: { STORYLINE_HOME: READ_ONLY },
  without: 'BACKUP_DIR',
})
