import { execFileSync, spawnSync } from 'node:child_process'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { COMMANDS } from '../../src/commands.ts'
import { ExitCode } from '../../src/errors.ts'
import { SETTINGS } from '../../src/settings-list.ts'
import { loadCommandModels } from '../../src/setup/help-model.ts'
import { escapeLine } from '../../src/setup/man-page.ts'
import { runStoryline } from '../support/cli.ts'

const isThere = (program: string) => spawnSync('sh', ['-c', `command -v ${program}`]).status === 0

/** What a reader sees, without what a terminal overstrikes. */
function shown(roff: string): string {
  const args = ['-man', '-Tutf8', '-rLL=200n', '-P-c', '-P-b', '-P-u']
  return execFileSync('groff', args, { input: roff, encoding: 'utf8' })
}

describe('text in roff', () => {
  it.each([
    ['.env holds settings', '\\&.env holds settings'],
    ["'tis", "\\&'tis"],
    ['C:\\media', 'C:\\emedia'],
    ['--dry-run', '\\-\\-dry\\-run'],
    ['“30 °C”', '\\[u201C]30 \\[u00B0]C\\[u201D]'],
    ['a\u001b[31mb', 'a [31mb'],
    ['in .env', 'in .env'],
  ])('%s', (text, escaped) => {
    expect(escapeLine(text)).toBe(escaped)
  })

  it.runIf(isThere('groff'))('comes out as it went in, whatever it is', () => {
    const word = fc.string({ unit: fc.constantFrom(...'.\'"\\-\\fB\\nab%*$[]{}~^`é—'), minLength: 1, maxLength: 12 })
    fc.assert(
      fc.property(word, (text) => {
        const roff = `.TH X 1 2026-01-01 x y\n.SH NAME\nx \\- y\n.SH TEXT\n.nf\n${escapeLine(`<${text}>`)}\n${escapeLine(text)}\n.fi\n`
        const lines = shown(roff)
          .split('\n')
          .map((line) => line.trim())
        expect(lines).toContain(`<${text}>`)
        expect(lines).toContain(text)
      }),
      { numRuns: 25 },
    )
  })
})

describe('storyline man', () => {
  it('has every command, option, argument, example, setting and exit code', { timeout: 120_000 }, async () => {
    const { code, stdout, stderr } = await runStoryline(['man'])
    expect([code, stderr]).toEqual([0, ''])
    for (const model of await loadCommandModels()) {
      expect(stdout).toContain(`.SH "STORYLINE ${escapeLine(model.name.toUpperCase())}"`)
      expect(stdout).toContain(`\\fB${escapeLine(model.name)}\\fR\n${escapeLine(model.summary)}`)
      for (const { flags } of model.options) expect(stdout).toContain(`\\fB${escapeLine(flags)}\\fR`)
      for (const [example] of model.examples) expect(stdout).toContain(`\\fB${escapeLine(example)}\\fR`)
    }
    for (const { name } of Object.values(SETTINGS)) expect(stdout).toContain(`\\fB${name}\\fR`)
    const status = stdout.split('.SH "EXIT STATUS"')[1] ?? ''
    const codes = [...status.matchAll(/^\\fB(\d+)\\fR$/gm)].map(([, found]) => Number(found))
    expect(codes.sort()).toEqual(Object.values(ExitCode).sort())
  })

  it('with a command is its page, and suggests one for a typo', async () => {
    const { stdout } = await runStoryline(['man', 'list-queue'])
    expect(stdout).toMatch(/^\.TH "STORYLINE\\-LIST\\-QUEUE" 1 /)
    expect(stdout).toContain('\\-\\-calendar')
    expect(stdout).not.toContain('\\-\\-contact\\-sheet')
    const typo = await runStoryline(['man', 'list-quue'])
    expect([typo.code, typo.stdout]).toEqual([2, ''])
    expect(typo.stderr).toContain('Did you mean list-queue?')
  })

  it('has no line that roff would take for a request by accident', async () => {
    const { stdout } = await runStoryline(['man'])
    const requests = stdout.split('\n').flatMap((line) => /^[.'](\w*)/.exec(line)?.[1] ?? [])
    expect(new Set(requests)).toEqual(new Set(['TH', 'SH', 'SS', 'TP', 'PP', 'B', 'I', 'nf', 'fi']))
  })

  it.runIf(isThere('groff'))('is shown by groff without a warning', async () => {
    for (const args of [[], ...COMMANDS.map(({ name }) => [name]).slice(0, 3)]) {
      const { stdout } = await runStoryline(['man', ...args])
      const read = spawnSync('groff', ['-man', '-ww', '-Tutf8'], { input: stdout, encoding: 'utf8' })
      expect([read.status, read.stderr]).toEqual([0, ''])
    }
    expect(shown((await runStoryline(['man'])).stdout)).toContain('--dry-run')
  })
})
