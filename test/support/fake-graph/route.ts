import type { GraphCallRecord, GraphEndpoint } from './types.ts'
import type { World } from './world.ts'

type Route = Pick<GraphCallRecord, 'endpoint' | 'version' | 'node'>

/** `METHOD edge` of `/{node}/{edge}`. */
const EDGES: Readonly<Record<string, GraphEndpoint>> = {
  'POST media': 'media',
  'POST media_publish': 'media_publish',
  'GET stories': 'stories',
  'GET content_publishing_limit': 'content_publishing_limit',
  'GET accounts': 'accounts',
  'GET permissions': 'permissions',
}

/** `METHOD path` of what is no node. */
const ROOTS: Readonly<Record<string, GraphEndpoint>> = {
  'GET oauth/access_token': 'oauth',
  'POST oauth/access_token': 'oauth',
  'GET debug_token': 'debug_token',
  'GET access_token': 'access_token',
  'GET refresh_access_token': 'refresh_access_token',
  'GET me': 'me',
}

/** Documented without a version. */
const UNVERSIONED: readonly GraphEndpoint[] = ['access_token', 'refresh_access_token']
const OLDEST_LIVE = 21
export const NEWEST_VERSION = 26

/** Which endpoint a path means; `fields` tells a container from a story when the id is unknown. */
export function findRoute(world: World, method: string, path: string, fields: string | null): Route {
  const [first = '', ...others] = path.slice(1).split('/')
  const version = /^v\d+\.\d+$/.test(first) ? first : null
  const [node = '', edge, ...rest] = version === null ? [first, ...others] : others
  const root = ROOTS[`${method} ${[node, edge, ...rest].filter((part) => part !== undefined).join('/')}`]
  if (root) return { endpoint: root, version, node: root === 'me' ? 'me' : null }
  if (rest.length > 0 || (edge === undefined && method !== 'GET')) return { endpoint: 'unknown', version, node }
  const endpoint = edge === undefined ? nodeKind(world, node, fields) : EDGES[`${method} ${edge}`]
  return { endpoint: endpoint ?? 'unknown', version, node }
}

function nodeKind(world: World, id: string, fields: string | null): GraphEndpoint {
  if (!/^\d+$/.test(id)) return 'unknown'
  if (world.containers.has(id)) return 'container'
  if (world.stories.has(id)) return 'story'
  if (world.accounts.some((account) => account.id === id)) return 'account'
  if (world.pages.some((page) => page.id === id)) return 'page'
  if (id === world.userId) return 'me'
  return fields?.includes('status') ? 'container' : 'story'
}

/** What is wrong with the path, whatever the answer will be. */
export function judgeRoute(world: World, record: GraphCallRecord): void {
  const { endpoint, version, node, method, path, violations } = record
  if (endpoint === 'unknown') return void violations.push(`${method} ${path} is nothing that can be called`)
  const number = Number(version?.slice(1))
  if (UNVERSIONED.includes(endpoint)) {
    if (version !== null) violations.push('is documented without an API version')
  } else if (version === null) violations.push('names no API version')
  else if (number < OLDEST_LIVE) violations.push(`API version ${version} is no longer live`)
  if (node !== null && node !== 'me' && !/^\d+$/.test(node)) violations.push(`"${node}" is no id: digits only`)
  if (node !== null) judgeDigits(world, node, violations)
}

/** An id that was a JavaScript number on its way has other digits at its end. */
export function judgeDigits(world: World, id: string, violations: string[]): void {
  const lists = [world.accounts, world.pages, [...world.containers.values()], [...world.stories.values()]]
  const known = lists.flat().map((item) => item.id)
  if (known.includes(id) || !/^\d{16,}$/.test(id)) return
  const original = known.find((other) => Number(other) === Number(id))
  if (original) violations.push(`the id ${id} has lost its digits; it was ${original}`)
}
