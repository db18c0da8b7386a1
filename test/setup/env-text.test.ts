import { parseEnv } from 'node:util'
import fc from 'fast-check'
import { describe, expect, it, test } from 'vitest'
import { changeEnvText } from '../../src/setup/env-text.ts'

const change = (text: string, values: Record<string, string>) => changeEnvText(text, new Map(Object.entries(values)))

describe('a value is replaced where it stands', () => {
  test.each([
    ['plain', 'A=1\nB=2\nC=3\n', 'A=1\nB=new\nC=3\n'],
    ['empty', 'B=\nC=3\n', 'B=new\nC=3\n'],
    ['without a line end', 'A=1\nB=2', 'A=1\nB=new'],
    ['with spaces', '  B  =  2  \n', '  B  =  new  \n'],
    ['exported', 'export B=2\n', 'export B=new\n'],
    ['quoted', 'B="2"\nA=\'1\'\n', "B=new\nA='1'\n"],
    ['quoted with a # in it', 'B="a#b"\n', 'B=new\n'],
    ['with a comment', 'B=2 # two\n', 'B=new # two\n'],
    ['quoted, with a comment', "B='2'  # two\n", 'B=new  # two\n'],
    ['empty, with a comment', 'B= # two\n', 'B= new # two\n'],
    ['over several lines', 'B="line 1\nC=no\nline 3"\nC=3\n', 'B=new\nC=3\n'],
    ['twice: the last one counts', 'B=1\nA=0\nB=2\n', 'B=1\nA=0\nB=new\n'],
    ['with Windows line ends', 'A=1\r\nB=2\r\nC=3\r\n', 'A=1\r\nB=new\r\nC=3\r\n'],
    ['not in a comment', '# B=1\nB=2\n', '# B=1\nB=new\n'],
    ['not in the text of another', 'A="\nB=1\n"\nB=2\n', 'A="\nB=1\n"\nB=new\n'],
    ['not in a longer name', 'AB=1\nB_=3\nB=2\n', 'AB=1\nB_=3\nB=new\n'],
  ])('%s', (_, before, after) => {
    expect(change(before, { B: 'new' })).toBe(after)
    expect(parseEnv(after).B).toBe('new')
  })

  it('can become empty', () => {
    expect(change('A=1 # one\nB=2\n', { A: '', B: '' })).toBe('A= # one\nB=\n')
  })
})

describe('a name that is missing comes last', () => {
  test.each([
    ['', 'B=new\n'],
    ['A=1\n', 'A=1\nB=new\n'],
    ['A=1', 'A=1\nB=new\n'],
    ['A=1\r\n', 'A=1\r\nB=new\r\n'],
    ['# B=\n', '# B=\nB=new\n'],
  ])('%j', (before, after) => {
    expect(change(before, { B: 'new' })).toBe(after)
  })

  it('several in their order, after what is replaced', () => {
    expect(change('C=3\n', { B: '1', C: '2', A: '3' })).toBe('C=2\nB=1\nA=3\n')
  })
})

describe('whatever a well-formed file holds', () => {
  const name = fc.constantFrom('A', 'B', 'TELEGRAM_BOT_TOKEN', 'TIMEZONE', 'X_1')
  const plainValue = fc.stringMatching(/^[\w:/@.+-]{0,12}$/)
  const quotedValue = fc.oneof(
    fc.stringMatching(/^[\w #='\n]{0,12}$/).map((text) => `"${text}"`),
    fc.stringMatching(/^[\w #="\n]{0,12}$/).map((text) => `'${text}'`),
  )
  const comment = fc.stringMatching(/^[\w ='"#-]{0,12}$/).map((text) => `# ${text}`)
  const line = fc.oneof(
    fc.constant(''),
    comment,
    fc.tuple(name, plainValue).map(([key, value]) => `${key}=${value}`),
    fc.tuple(name, plainValue, comment).map(([key, value, said]) => `${key}=${value} ${said}`),
    fc.tuple(name, quotedValue).map(([key, value]) => `export ${key}=${value}`),
    fc.tuple(name, quotedValue, comment).map(([key, value, said]) => `${key} = ${value} ${said}`),
  )
  const values = fc.dictionary(name, fc.stringMatching(/^[\w:/@.+-]{1,12}$/), { maxKeys: 4 })

  it('other names keep their values, comments stay, and doing it again changes nothing', () => {
    fc.assert(
      fc.property(fc.array(line, { maxLength: 8 }), values, (lines, wanted) => {
        // The end of the last line: Node reads a comment with a `=` there as a name when it has none.
        const before = `${lines.join('\n')}\n`
        const after = change(before, wanted)
        expect({ ...parseEnv(after) }).toEqual({ ...parseEnv(before), ...wanted })
        const said = (text: string) => text.split('\n').filter((one) => one.startsWith('#'))
        const kept = said(after)
        // Those in the text of a value that was replaced are no comments.
        if (!/["']/.test(before)) expect(said(before).every((one) => kept.includes(one))).toBe(true)
        expect(change(after, wanted)).toBe(after)
      }),
      { numRuns: 500 },
    )
  })
})
