import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { startInTerminal } from '../dashboard/screen/pty.ts'
import { useTeam } from '../support/team.ts'

const team = useTeam()
/** Enough that the bar is drawn more than once. */
const FILES = 600

it('shows how far long work is, how fast it goes and what is left', { timeout: 60_000 }, async () => {
  const folder = mkdtempSync(join(tmpdir(), 'progress '))
  try {
    const library = join(team.env().MEDIA_BASE_PATH ?? '', 'stories')
    mkdirSync(library, { recursive: true })
    for (let i = 0; i < FILES; i++) writeFileSync(join(library, `${i}.jpg`), `${i} `.repeat(20_000))
    const session = startInTerminal(['backup', '--media'], { env: team.env({ BACKUP_DIR: folder }), columns: 110 })
    const { exitCode } = await session.ended
    const bars = session.written().match(/\w[\w ]*[█░]+ \d+% \| \d+\/600 \| [\d.–]+\/s \| \S+ left/gu) ?? []
    expect([exitCode, bars[0]]).toEqual([0, expect.stringMatching(/^\w[\w ]* ░+ 0% \| 0\/600 \| –\/s \| /u)])
    expect(bars.some((bar) => /█.* [1-9]\d*\/600 \| [\d.]+\/s \| \d+s left/u.test(bar))).toBe(true)
    // It was there while it was needed, and is gone.
    expect(session.screen().join('\n')).not.toMatch(/[█░]/u)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})
