import { afterAll, beforeAll } from 'vitest'
import { PATIENCE } from './cell.ts'
import { describeMachine } from './machines.ts'
import { openWorkplace, type Workplace } from './workplace.ts'

let place: Workplace
beforeAll(async () => {
  place = await openWorkplace()
}, PATIENCE)
afterAll(() => place.close(), PATIENCE)

describeMachine('from /, in an odd TZ, without HOME or a real locale', () => place, {
  column: 'well',
  env: { TZ: 'Nowhere/Land', LANG: 'xx_YY', LC_ALL: 'C.odd' },
})

describeMachine('with stdin closed', () => place, { column: 'well', start: { before: 'exec <&-' } })

describeMachine('when nobody reads what it prints', () => place, { column: 'well', start: { isUnread: true } })
