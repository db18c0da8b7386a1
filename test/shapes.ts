/** What a value of a JSON document may be. */
export type Shape =
  | 'string'
  | 'number'
  | 'boolean'
  | 'null'
  /** Of another program's making: not ours to promise. */
  | 'anything'
  | { kind: 'list'; of: Shape }
  | { kind: 'either'; of: readonly Shape[] }
  | { kind: 'object'; members: Readonly<Record<string, Shape>> }

type Loose = Shape | { readonly [name: string]: Loose }

/** `kind` may also be a member of the document. */
const isShape = (shape: Loose): shape is Shape =>
  typeof shape === 'string' || ['list', 'either', 'object'].includes(shape.kind as string)
const toShape = (shape: Loose): Shape => (isShape(shape) ? shape : object(shape))

export function object(members: Readonly<Record<string, Loose>>): Shape {
  const entries = Object.entries(members).map(([name, shape]) => [name, toShape(shape)] as const)
  return { kind: 'object', members: Object.fromEntries(entries) }
}
export const list = (of: Loose): Shape => ({ kind: 'list', of: toShape(of) })
export const either = (...of: readonly Loose[]): Shape => ({ kind: 'either', of: of.map(toShape) })
export const maybe = (shape: Loose): Shape => either(shape, 'null')

/** Where a document differs from its shape: a key too many or too few, or a value of another type. None: it fits. */
export function differences(value: unknown, shape: Shape, at = ''): string[] {
  if (shape === 'anything') return []
  if (typeof shape === 'string') {
    const type = value === null ? 'null' : Array.isArray(value) ? 'list' : typeof value
    return type === shape ? [] : [`${at || '.'} is ${type}, not ${shape}`]
  }
  switch (shape.kind) {
    case 'list':
      if (!Array.isArray(value)) return [`${at || '.'} is no list`]
      return value.flatMap((one, i) => differences(one, shape.of, `${at}[${i}]`))
    case 'either': {
      const found = shape.of.map((one) => differences(value, one, at))
      return found.some(({ length }) => length === 0) ? [] : (found[0] ?? [])
    }
    case 'object':
      return differentMembers(value, shape.members, at)
    default:
      return shape satisfies never
  }
}

function differentMembers(value: unknown, members: Readonly<Record<string, Shape>>, at: string): string[] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return [`${at || '.'} is no object`]
  const given = value as Record<string, unknown>
  const more = Object.keys(given).flatMap((name) => (name in members ? [] : [`${at}.${name} is not promised`]))
  const wrong = Object.entries(members).flatMap(([name, shape]) =>
    name in given ? differences(given[name], shape, `${at}.${name}`) : [`${at}.${name} is missing`],
  )
  return [...more, ...wrong]
}

/** Names of all members, of every depth. */
export function namesIn(shape: Shape): string[] {
  if (typeof shape === 'string') return []
  switch (shape.kind) {
    case 'list':
      return namesIn(shape.of)
    case 'either':
      return shape.of.flatMap(namesIn)
    case 'object':
      return Object.entries(shape.members).flatMap(([name, one]) => [name, ...namesIn(one)])
    default:
      return shape satisfies never
  }
}
