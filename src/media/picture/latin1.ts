/** The bytes from `from` to `to` as text, one character each: how containers spell their signatures and chunk types. */
export function latin1(bytes: Buffer, from: number, to: number): string {
  return bytes.toString('latin1', from, to)
}
