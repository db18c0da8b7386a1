import fc from 'fast-check'
import { expect, test } from 'vitest'
import { readDump, type Statement } from '../../src/backup/read-dump.ts'

async function* cut(text: string, sizes: readonly number[]): AsyncGenerator<Uint8Array> {
  const bytes = Buffer.from(text)
  for (let at = 0, turn = 0; at < bytes.length; turn += 1) {
    const size = sizes[turn % sizes.length] ?? 1
    yield bytes.subarray(at, at + size)
    at += size
  }
}

async function read(text: string, sizes: readonly number[] = [7]): Promise<Statement[]> {
  const statements: Statement[] = []
  for await (const statement of readDump(cut(text, sizes))) statements.push(statement)
  return statements
}

const write = (statements: readonly string[]) =>
  `-- head\nbegin;\n\n${statements.map((text) => `--: ${Buffer.byteLength(text)}\n${text}\n\n`).join('')}commit;\n`

/** Texts that could be taken for a part of the file itself. */
const tricky = fc.string({ unit: fc.constantFrom('a', '\n', '--: 5\n', 'commit;\n', "'", '😀', '\\', ';', '-- ') })

test('statements come back as they were, wherever the file is cut into pieces', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(tricky.filter((text) => text !== '')),
      fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1 }),
      async (texts, sizes) => {
        expect((await read(write(texts), sizes)).map(({ text }) => text)).toEqual(texts)
      },
    ),
  )
})

test('rows say whose they are and how many', async () => {
  const text = 'begin;\n--: 3 "public"."x y" 12\nabc\ncommit;\n'
  expect(await read(text)).toEqual([{ text: 'abc', rows: { table: '"public"."x y"', count: 12 } }])
})

test.each([
  ['nothing', ''],
  ['no end', 'begin;\n--: 3\nabc\n'],
  ['an end inside a statement', 'begin;\n--: 30\nabc\ncommit;\n'],
  ['a length that is no number', 'begin;\n--: x\nabc\ncommit;\n'],
  ['something after the end', 'begin;\ncommit;\nx'],
])('a file with %s is not whole', async (_, text) => {
  await expect(read(text)).rejects.toMatchObject({ code: 'backup_damaged' })
})
