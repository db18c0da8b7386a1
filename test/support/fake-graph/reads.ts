import { authenticate, notFound, PUBLISH, READ, reaches, requireAccount, requireScope } from './auth.ts'
import { wrong } from './errors.ts'
import { pickFields } from './fields.ts'
import { failPageRead, quotaUsed } from './publish.ts'
import { NEWEST_VERSION } from './route.ts'
import type { Handler } from './server.ts'
import { DAY_MS, metaTime } from './time.ts'
import { pageTokenFor } from './token-records.ts'
import type { Call, FakeAccount, FakePage, FakeStory, TokenRecord } from './types.ts'
import type { World } from './world.ts'

function storyNode(world: World, story: FakeStory) {
  const username = world.accounts.find(({ id }) => id === story.accountId)?.username
  return {
    id: story.id,
    media_type: story.mediaType,
    media_product_type: 'STORY',
    timestamp: metaTime(story.publishedAtMs),
    username,
    owner: { id: story.accountId, username },
    permalink: `https://www.instagram.com/stories/${username}/${story.id}`,
    media_url: story.bytes ? `${world.url}/picture/${story.id}.jpg` : undefined,
    like_count: 0,
    comments_count: 0,
  }
}

export const readStory: Handler = ({ world }, call) => {
  const token = authenticate(world, call)
  const story = world.stories.get(call.record.node ?? '')
  if (!story || !reaches(world, token, story.accountId)) throw notFound(call.record)
  failPageRead(world, call, token)
  return pickFields('ShadowIGMedia', storyNode(world, story), call.params.fields, 'id')
}

export const listStories: Handler = ({ world, watch }, call) => {
  const token = authenticate(world, call)
  const account = requireAccount(world, call, token)
  requireScope(world, token, READ)
  const nowMs = world.nowMs()
  const live = [...world.stories.values()]
    .filter(({ accountId, visibleAtMs }) => accountId === account.id && visibleAtMs <= nowMs)
    .filter(({ publishedAtMs }) => nowMs - publishedAtMs < DAY_MS)
    .sort((a, b) => b.publishedAtMs - a.publishedAtMs)
  call.onAnswered = () => void watch.storiesReadSeq.set(account.id, call.record.seq)
  return listPage(world, call, live, (story) =>
    pickFields('ShadowIGMedia', storyNode(world, story), call.params.fields, 'id'),
  )
}

/** One page of a list, with cursors; `next` holds the token, as Meta's does. */
function listPage<T extends { id: string }>(world: World, call: Call, items: T[], toNode: (item: T) => object) {
  const { limit = '25', after } = call.params
  if (!/^[1-9]\d{0,2}$/.test(limit)) throw wrong(`limit "${limit}" is no number from 1 to 999`)
  const size = Math.min(Number(limit), world.behaviour.maxPageSize)
  const cursorOf = ({ id }: T) => Buffer.from(id).toString('base64url')
  const last = after === undefined ? -1 : items.findIndex((item) => cursorOf(item) === after)
  if (after !== undefined && last < 0) throw wrong('Invalid cursors values')
  const shown = items.slice(last + 1, last + 1 + size)
  const [first] = shown
  const end = shown.at(-1)
  if (!first || !end) return { data: [] }
  const cursors = { before: cursorOf(first), after: cursorOf(end) }
  const data = shown.map(toNode)
  if (last + 1 + size >= items.length) return { data, paging: { cursors } }
  const query = new URLSearchParams({ ...call.params, access_token: call.token ?? '', limit, after: cursors.after })
  const version = call.record.version === null ? `/v${NEWEST_VERSION}.0` : ''
  return { data, paging: { cursors, next: `${world.url}${version}${call.record.path}?${query}` } }
}

export const readLimit: Handler = ({ world }, call) => {
  const token = authenticate(world, call)
  const account = requireAccount(world, call, token)
  requireScope(world, token, PUBLISH)
  const { since, fields } = call.params
  const sinceMs = since === undefined ? undefined : Number(since) * 1000
  if (sinceMs !== undefined && !(sinceMs >= world.nowMs() - DAY_MS)) throw wrong('since must be in the last 24 hours')
  const { total } = world.behaviour.quota
  const node = {
    quota_usage: quotaUsed(world, account.id, sinceMs),
    config: total === null ? undefined : { quota_total: total, quota_duration: 86_400 },
  }
  return { data: [pickFields('IGContentPublishingLimit', node, fields, 'quota_usage')] }
}

export const readAccount: Handler = ({ world }, call) => {
  const token = authenticate(world, call)
  const account = requireAccount(world, call, token)
  requireScope(world, token, READ)
  return accountNode(call, token, account)
}

function accountNode({ params }: Call, { kind }: TokenRecord, { id, username, appScopedId, accountType }: FakeAccount) {
  const node = { username, name: username, followers_count: 1234, follows_count: 12, media_count: 34 }
  if (kind !== 'instagram') return pickFields('ShadowIGUser', { id, ...node }, params.fields, 'id')
  const more = { id: appScopedId, user_id: id, account_type: accountType }
  return pickFields('IGUser', { ...node, ...more }, params.fields, 'id')
}

export const readMe: Handler = ({ world }, call) => {
  const token = authenticate(world, call)
  if (token.kind === 'page') return pageNode(world, call, token, { pageId: token.pageId, type: 'Page' })
  if (token.kind === 'user') {
    if (call.record.node !== 'me' && call.record.node !== world.userId) throw notFound(call.record)
    return pickFields('User', { id: world.userId, name: 'Fake User' }, call.params.fields, 'id,name')
  }
  if (token.kind === 'app') throw wrong('An active access token must be used', { code: 2500 })
  const account = world.accounts.find(({ id }) => id === token.accountId)
  if (!account || call.record.node !== 'me') throw notFound(call.record)
  requireScope(world, token, READ)
  return accountNode(call, token, account)
}

export const readPage: Handler = ({ world }, call) => {
  const token = authenticate(world, call)
  const pageId = call.record.node ?? ''
  if (token.kind === 'instagram' || (token.kind === 'page' && token.pageId !== pageId)) throw notFound(call.record)
  return pageNode(world, call, token, { pageId, type: 'Page' })
}

export const listPages: Handler = ({ world }, call) => {
  const token = authenticate(world, call)
  if (token.kind !== 'user') throw wrong(`Tried accessing nonexisting field (accounts) for a token of ${token.kind}`)
  requireScope(world, token, { facebook: 'pages_show_list', instagram: '' })
  return listPage(world, call, world.pages, ({ id }) =>
    pageNode(world, call, token, { pageId: id, type: 'Page of a user' }),
  )
}

interface PageAsk {
  pageId: string | undefined
  type: 'Page' | 'Page of a user'
}

const PAGE_DEFAULTS = { Page: 'name,id', 'Page of a user': 'access_token,category,category_list,name,id,tasks' }

function pageNode(world: World, { params, record }: Call, token: TokenRecord, { pageId, type }: PageAsk) {
  const page: FakePage | undefined = world.pages.find(({ id }) => id === pageId)
  if (!page) throw notFound(record)
  const { id, name, tasks, accountId } = page
  const username = world.accounts.find((account) => account.id === accountId)?.username
  const linked = accountId === null ? undefined : { id: accountId, username }
  const node = {
    id,
    name,
    category: 'Brand',
    category_list: [{ id: '2201', name: 'Brand' }],
    tasks,
    access_token: token.kind === 'page' ? token.token : pageTokenFor(world, page, token),
    instagram_business_account: linked,
    connected_instagram_account: linked,
  }
  return pickFields(type, node, params.fields, PAGE_DEFAULTS[type])
}
