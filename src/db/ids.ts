/** Ids are UUIDs; people may type the short id of a card or table instead. */

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/

export function isUuid(text: string): boolean {
  return UUID.test(text)
}

/** The first eight characters: what cards and tables show. */
export function shortId(id: string): string {
  return id.slice(0, 8)
}
