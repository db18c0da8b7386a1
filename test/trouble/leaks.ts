import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'

/** How a secret may look where it was never meant to be, by the name of the form. */
export function formsOf(secret: string): Record<string, string> {
  const bytes = Buffer.from(secret)
  return {
    plain: secret,
    'its end': secret.slice(-Math.max(12, Math.ceil(secret.length / 2))),
    'as JSON': JSON.stringify(secret).slice(1, -1),
    'in a URL': encodeURIComponent(secret),
    'in a query': new URLSearchParams({ '': secret }).toString().slice(1),
    hex: bytes.toString('hex'),
    ...base64Forms(bytes),
  }
}

/** Inside of a longer text base64 looks different at each of three positions; the characters that depend on neighbours are cut. */
function base64Forms(bytes: Buffer): Record<string, string> {
  const at = [0, 1, 2].map((shift) => {
    const text = Buffer.concat([Buffer.alloc(shift), bytes])
      .toString('base64')
      .replaceAll('=', '')
    return text.slice(shift === 0 ? 0 : shift + 1, -1)
  })
  const url = at.map((text) => text.replaceAll('+', '-').replaceAll('/', '_'))
  return Object.fromEntries([...at, ...url].map((text, index) => [`base64 ${index}`, text]))
}

/** What of the secrets stands in a text: `<name> <form>`, never the secret itself. */
export function findLeaks(text: string, secrets: Readonly<Record<string, string>>): string[] {
  const found: string[] = []
  for (const [name, secret] of Object.entries(secrets)) {
    for (const [form, looks] of Object.entries(formsOf(secret))) {
      if (text.includes(looks)) found.push(`${name}, ${form}`)
    }
  }
  return found
}

/** Names and contents of all files below a folder, those of packed ones unpacked. */
export function everyFile(folder: string): string {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .flatMap((entry) => [entry.name, entry.isFile() ? contentOf(join(entry.parentPath, entry.name)) : ''])
    .join('\n')
}

function contentOf(path: string): string {
  const bytes = readFileSync(path)
  return (path.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('utf8')
}

/** Arguments of a process and of everything that it started, as `ps` shows them to everybody; empty when it has ended. */
export function readProcessList(pid: number): string {
  try {
    const own = readFileSync(`/proc/${pid}/cmdline`, 'utf8')
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean)
    return [own, ...children.map((child) => readProcessList(Number(child)))].join('\n')
  } catch {
    return ''
  }
}
