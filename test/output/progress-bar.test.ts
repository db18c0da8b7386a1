import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { startInTerminal } from '../dashboard/screen/pty.ts'
import { useTeam } from '../support/team.ts'

const team = useTeam()

it('shows how far long work is, how fast it goes and what is left', { timeout: 60_000 }, async () => {
  const folder = mkdtempSync(join(tmpdir(), 'progress '))
  try {
    for (let i = 0; i < 60; i++) await team.library.add(`picture-${i}.jpg`)
    const session = startInTerminal(['backup', '--media'], { env: team.env({ BACKUP_DIR: folder }), columns: 110 })
    const { exitCode } = await session.ended
    const bars = session.written().match(/\w[\w ]*[█░]+ \d+% \| \d+\/60 \| [\d.–]+\/s \| \S+ left/gu) ?? []
    expect([exitCode, bars[0]]).toEqual([0, expect.stringMatching(/^\w[\w ]* ░+ 0% \| 0\/60 \| –\/s \| /u)])
    // It was there while it was needed, and is gone.
    expect(session.screen().join('\n')).not.toMatch(/[█░]/u)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})
