import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, inject, it } from 'vitest'
import { COMMANDS } from '../../src/commands.ts'
import { runStoryline } from '../support/cli.ts'

/** As the build kept them, beside the bundle. */
const texts = JSON.parse(readFileSync(join(inject('launcher'), '../../dist/help.json'), 'utf8')) as Record<
  string,
  string
>

describe('the help that the launcher shows without loading anything', () => {
  it('is what the program itself would say', async () => {
    for (const name of ['list-queue', 'db', 'edit-media']) {
      const [quick, slow] = [await runStoryline([name, '--help']), await runStoryline(['help', name])]
      expect([quick.code, quick.stderr, quick.stdout]).toEqual([0, '', texts[name]])
      expect(slow.stdout).toBe(texts[name])
    }
    expect((await runStoryline([])).stdout).toBe(texts.storyline)
  })

  it('is there for every command', () => {
    expect(Object.keys(texts)).toEqual(['storyline', ...COMMANDS.map(({ name }) => name)])
  })

  it.each([
    ['flags before the command', ['--json', 'history', '-h'], 'Usage: storyline history'],
    ['flags alone', ['--quiet', '--help'], 'Usage: storyline [options] [command]'],
    ['a name of every object', ['constructor', '--help'], 'Usage: storyline'],
  ])('%s', async (_, argv, begins) => {
    const { code, stdout } = await runStoryline(argv)
    expect([code, stdout.startsWith(begins)]).toEqual([0, true])
  })

  it('is not shown for what stands behind --', async () => {
    expect((await runStoryline(['help', '--', '--help'])).code).toBe(2)
  })
})

describe('every help', () => {
  it('fits 80 columns, but for examples, which are pasted as they are', () => {
    for (const [name, text] of Object.entries(texts)) {
      const long = text.split('\n').filter((line) => line.length > 80 && !/^ {2}\$ |^ {6}\S/.test(line))
      expect([name, long]).toEqual([name, []])
    }
  })

  it('groups its options where there are many', () => {
    for (const [name, text] of Object.entries(texts).filter(([name]) => name !== 'storyline')) {
      const groups = (text.split('Global options:')[0] ?? '').match(/^[A-Z][^\n]*:\n(?: {2}[- ][^\n]*\n)+/gm) ?? []
      for (const group of groups) {
        const options = group.match(/^ {2}-/gm) ?? []
        if (options.length > 8) expect([name, options.length]).toEqual([name, 'at most 8 in a group'])
      }
    }
  })

  it('has no line that was broken where its source was', () => {
    // A short line in the middle of a paragraph. The list of commands ends with two sentences on lines of their own.
    for (const [name, text] of Object.entries(texts).filter(([name]) => name !== 'storyline')) {
      const lines = text.split('\n')
      const broken = lines.filter((line, i) => {
        const next = lines[i + 1] ?? ''
        const [word = ''] = next.split(' ')
        const isText = /^[A-Z<-]?[a-z<-]/.test(line) && /^\S/.test(line) && /^\S/.test(next)
        return isText && !/^(--json:|Exit codes:|Usage:|Next:)/.test(next) && line.length + 1 + word.length <= 78
      })
      expect([name, broken]).toEqual([name, []])
    }
  })
})

it('help suggests a topic or a command for a typo', async () => {
  const [topic, command] = [await runStoryline(['help', 'expot-codes']), await runStoryline(['help', 'list-quue'])]
  expect([topic.code, topic.stdout, command.code]).toEqual([2, '', 2])
  expect(topic.stderr).toContain('Did you mean exit-codes?')
  expect(command.stderr).toContain('Did you mean list-queue?')
})
