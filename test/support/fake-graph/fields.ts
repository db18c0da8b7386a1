import { wrong } from './errors.ts'

/** What `fields` asks of a node: names, and with braces what is asked of the node behind a name. */
type Fields = Map<string, Fields>

/** Node types by the name that Meta's errors give them, with their fields; a name in `nested` is a node of its own. */
const NODES = {
  ShadowIGMediaBuilder: ['id', 'status', 'status_code', 'copyright_check_status', 'video_status'],
  ShadowIGMedia: [
    ...['id', 'ig_id', 'media_type', 'media_product_type', 'media_url', 'thumbnail_url', 'permalink', 'shortcode'],
    ...['timestamp', 'username', 'owner', 'caption', 'alt_text', 'children', 'comments_count', 'like_count'],
    ...['is_comment_enabled', 'is_shared_to_feed'],
  ],
  ShadowIGUser: [
    ...['id', 'ig_id', 'username', 'name', 'biography', 'website', 'followers_count', 'follows_count'],
    ...['media_count', 'profile_picture_url'],
  ],
  IGUser: [
    ...['id', 'user_id', 'username', 'name', 'account_type', 'profile_picture_url', 'followers_count'],
    ...['follows_count', 'media_count', 'biography', 'website'],
  ],
  IGContentPublishingLimit: ['quota_usage', 'config'],
  Page: [
    ...['id', 'name', 'access_token', 'category', 'category_list', 'link', 'username'],
    ...['instagram_business_account', 'connected_instagram_account'],
  ],
  /** A Page in `/me/accounts`: `tasks` is documented for this edge only. */
  'Page of a user': [
    ...['id', 'name', 'access_token', 'category', 'category_list', 'link', 'username', 'tasks'],
    ...['instagram_business_account', 'connected_instagram_account'],
  ],
  User: ['id', 'name', 'email', 'first_name', 'last_name'],
} as const

export type NodeType = keyof typeof NODES

const NESTED: Readonly<Record<string, NodeType>> = {
  instagram_business_account: 'ShadowIGUser',
  connected_instagram_account: 'ShadowIGUser',
  owner: 'ShadowIGUser',
}

type Node = Readonly<Record<string, unknown>>

/**
 * The asked fields of a node, as Meta answers: `id` always, a field without a value never, a nested node with nothing but
 * its id unless more is asked. A field that the type lacks is an error.
 */
export function pickFields(type: NodeType, node: Node, asked: string | undefined, byDefault: string): Node {
  return pick(type, node, parseFields(asked ?? byDefault))
}

function pick(type: NodeType, node: Node, asked: Fields): Node {
  const known: readonly string[] = NODES[type]
  const picked: Record<string, unknown> = {}
  for (const [name, inside] of asked) {
    if (!known.includes(name))
      throw wrong(`Tried accessing nonexisting field (${name}) on node type (${type.split(' ')[0]})`)
    const nested = NESTED[name]
    if (node[name] === undefined) continue
    picked[name] = nested ? pick(nested, node[name] as Node, inside) : node[name]
  }
  return node.id === undefined ? picked : { ...picked, id: node.id }
}

/** Reads `id,name,instagram_business_account{id,username}`. */
function parseFields(text: string): Fields {
  const root: Fields = new Map()
  const open = [root]
  let latest = root
  for (const [, name, sign] of `${text},`.matchAll(/([^,{}]*)([,{}])/g)) {
    const level = open.at(-1)
    if (!level) throw wrong(`Syntax error in the fields "${text}"`)
    if (name) {
      latest = new Map()
      if (!/^\w+$/.test(name) || level.has(name)) throw wrong(`Syntax error in the fields "${text}" at "${name}"`)
      level.set(name, latest)
    }
    if (sign === '{') open.push(latest)
    if (sign === '}') open.pop()
  }
  if (open.length !== 1 || root.size === 0) throw wrong(`Syntax error in the fields "${text}"`)
  return root
}
