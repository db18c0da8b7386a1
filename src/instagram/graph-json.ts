/** Whole numbers from here on may not fit into a JavaScript number; Meta's ids have 17 digits. */
const ID = /^-?[1-9]\d{15,}$/
/** What decides whether a number stands inside a string: escapes, quotes, numbers. */
const TOKENS = /\\.|"|-?\d[\d.eE+-]*/gs

function quoteIds(text: string): string {
  let inString = false
  return text.replace(TOKENS, (token) => {
    if (token === '"') inString = !inString
    return !inString && ID.test(token) ? `"${token}"` : token
  })
}

/** As `JSON.parse`, but whole numbers of 16 and more digits come as strings, digit by digit. Throws `SyntaxError`. */
export function parseGraphJson(text: string): unknown {
  // First as it is: with quotes around its numbers, something that is no JSON (`{1234567890123456:1}`) could become some.
  const plain: unknown = JSON.parse(text)
  const quoted = quoteIds(text)
  return quoted === text ? plain : JSON.parse(quoted)
}
