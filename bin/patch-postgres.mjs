import { readFileSync } from 'node:fs'

/**
 * postgres.js 3.4.9 loses its footing when a connection dies inside a transaction: it writes to a socket that is gone (an
 * exception nobody can catch ends the process) and may run the rest of the transaction outside it on a new connection.
 * Known upstream and open: porsager/postgres issues 1154 and 1208, pull requests 1155 and 1209. And where something takes
 * a connection and closes it before the login (a port forwarded to a server that is not up), it tries again at once, for ever.
 * Each line below is replaced in the bundle and in the tests; a version in which one is not found once stops the build, so that this page is read again.
 */
const PATCHES = {
  'connection.js': [
    [
      '    if (initial)\n      return reconnect()\n',
      "    if (initial && options.host.length > 1)\n      return reconnect()\n\n    initial && errored(Errors.connection('CONNECTION_CLOSED', options, socket))\n",
    ],
    ['query && queryError(query, err)\n', 'query && (queryError(query, err), query = null)\n'],
    [
      '    clearImmediate(nextWriteTimer)\n    socket.removeListener',
      '    chunk = nextWriteTimer = (clearImmediate(nextWriteTimer), null)\n    socket.removeListener',
    ],
    [
      "    !hadError && (query || sent.length) && error(Errors.connection('CONNECTION_CLOSED', options, socket))\n",
      "    ;(query || sent.length) && error(Errors.connection('CONNECTION_CLOSED', options, socket))\n    query = results = errorResponse = null\n",
    ],
  ],
  'index.js': [
    ['    let savepoints = 0\n', '    let savepoints = 0\n      , gone = null\n'],
    ['connection.onclose = reject)', 'connection.onclose = (e) => reject(gone = e))'],
    [
      '        q.catch(e => uncaughtError || (uncaughtError = e))\n',
      '        q.catch(e => uncaughtError || (uncaughtError = e))\n        if (gone) return q.reject(gone)\n',
    ],
  ],
}

/** A plugin for rolldown and for vitest. */
export function patchPostgres() {
  return {
    name: 'patch-postgres',
    load(id) {
      const [, name] = /node_modules\/postgres\/src\/(connection\.js|index\.js)$/.exec(id) ?? []
      return name ? applyPatches(name, readFileSync(id, 'utf8')) : undefined
    },
  }
}

function applyPatches(name, source) {
  return PATCHES[name].reduce((text, [before, after]) => {
    if (text.split(before).length !== 2) throw new Error(`postgres.js changed: review bin/patch-postgres.mjs (${name})`)
    return text.replace(before, () => after)
  }, source)
}
