import { inspect } from 'node:util'

/** A value that prints as `[secret]` wherever it ends up by accident; `reveal()` is the only way to it. */
export interface Secret {
  reveal(): string
}

export function makeSecret(value: string): Secret {
  const hidden = () => '[secret]'
  return Object.freeze({
    reveal: () => value,
    toString: hidden,
    toJSON: hidden,
    [inspect.custom]: hidden,
  })
}
