import { createHash } from 'node:crypto'
import { DAY_MS } from './time.ts'
import { addFirstTokens } from './token-records.ts'
import type { FakeAccount, FakeContainer, FakePage, FakeStory, GraphBehaviour, TokenRecord } from './types.ts'

/** Everything that exists on "Instagram" and "Facebook". */
export interface World {
  /** Of the server: `http://127.0.0.1:PORT`. */
  url: string
  app: { id: string; secret: string }
  instagramApp: { id: string; secret: string }
  userId: string
  accounts: FakeAccount[]
  pages: FakePage[]
  tokens: TokenRecord[]
  containers: Map<string, FakeContainer>
  stories: Map<string, FakeStory>
  behaviour: GraphBehaviour
  /** The server's clock, in milliseconds since 1970. */
  nowMs: () => number
  clockOffsetMs: number
  issued: number
}

const defaultBehaviour = (): GraphBehaviour => ({
  inProgressReads: 1,
  containerOutcomes: [],
  notReadyTimes: 0,
  publishedLagSeconds: 0,
  storiesLagSeconds: 0,
  secondPublish: 'same_id',
  quota: { used: 0, total: 50 },
  containerLimit: 400,
  usage: null,
  tokens: {},
  missingScopes: [],
  pageTokenReadsFail: false,
  requireAppSecretProof: false,
  omitExpiresIn: false,
  userIdAsNumber: false,
  hebrew: false,
  maxPageSize: 100,
  privateUsers: [],
  fetchTimeoutSeconds: 8,
})

/** Odd numbers above 2^53: no id survives being a JavaScript number. */
const ACCOUNT_ID = '17841405793187219'
const SECOND_ACCOUNT_ID = '17841463820195743'
const FIRST_CONTAINER_ID = 17_895_000_000_000_101n
const FIRST_STORY_ID = 18_005_000_000_000_301n

const ALL_TASKS = ['ADVERTISE', 'ANALYZE', 'CREATE_CONTENT', 'MESSAGING', 'MODERATE', 'MANAGE']

export function createWorld(now: () => Date): World {
  const world: World = {
    url: '',
    app: { id: '1029384756473829', secret: '3f1c5b7a9d2e4860b1a3c5d7e9f00112' },
    instagramApp: { id: '2837465019283747', secret: 'a0b1c2d3e4f5061728394a5b6c7d8e9f' },
    userId: '10223344556677881',
    accounts: [
      { id: ACCOUNT_ID, appScopedId: '24310987654321087', username: 'first_brand', accountType: 'BUSINESS' },
      { id: SECOND_ACCOUNT_ID, appScopedId: '24310987654329991', username: 'second', accountType: 'MEDIA_CREATOR' },
    ],
    pages: [
      { id: '104758291034567', name: 'First Page', tasks: ALL_TASKS, accountId: ACCOUNT_ID, isGranted: true },
      { id: '104758291034999', name: 'Second Page', tasks: ALL_TASKS, accountId: SECOND_ACCOUNT_ID, isGranted: true },
      { id: '104758291035111', name: 'Page without Instagram', tasks: ALL_TASKS, accountId: null, isGranted: true },
    ],
    tokens: [],
    containers: new Map(),
    stories: new Map(),
    behaviour: defaultBehaviour(),
    nowMs: () => now().getTime() + world.clockOffsetMs,
    clockOffsetMs: 0,
    issued: 0,
  }
  addFirstTokens(world)
  return world
}

/** Applies changes of behaviour; those of tokens go to the tokens themselves. */
export function changeBehaviour(world: World, { tokens = {}, ...change }: Partial<GraphBehaviour>): void {
  Object.assign(world.behaviour, change)
  for (const [key, { invalidSubcode, expiresInSeconds, ageSeconds }] of Object.entries(tokens)) {
    const record = world.tokens.find(({ name, token }) => name === key || token === key)
    if (!record) throw new Error(`There is no token "${key}"`)
    if (invalidSubcode !== undefined) record.invalidSubcode = invalidSubcode
    if (ageSeconds !== undefined) record.issuedAtMs = world.nowMs() - ageSeconds * 1000
    if (expiresInSeconds !== undefined)
      record.expiresAtMs = expiresInSeconds === null ? null : world.nowMs() + expiresInSeconds * 1000
  }
}

const nextId = (first: bigint, count: number): string => String(first + 2n * BigInt(count))

export const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex')

export type NewContainer = Pick<FakeContainer, 'accountId' | 'imageUrl' | 'userTags' | 'isAiGenerated' | 'bytes'>

export function addContainer(world: World, details: NewContainer): FakeContainer {
  const { behaviour, containers } = world
  const [outcome = 'finished', ...later] = behaviour.containerOutcomes
  behaviour.containerOutcomes = later
  const container: FakeContainer = {
    id: nextId(FIRST_CONTAINER_ID, containers.size),
    ...details,
    sha256: sha256(details.bytes),
    createdAtMs: world.nowMs(),
    outcome,
    statusReads: 0,
    notReadyLeft: behaviour.notReadyTimes,
    publishedAtMs: null,
    storyIds: [],
  }
  containers.set(container.id, container)
  return container
}

function addStory(world: World, details: Omit<FakeStory, 'id' | 'sha256'>): FakeStory {
  const digest = details.bytes && sha256(details.bytes)
  const story = { id: nextId(FIRST_STORY_ID, world.stories.size), ...details, sha256: digest }
  world.stories.set(story.id, story)
  return story
}

export function publishContainer(world: World, container: FakeContainer): FakeStory {
  const publishedAtMs = world.nowMs()
  const { id: containerId, accountId, bytes } = container
  const visibleAtMs = publishedAtMs + world.behaviour.storiesLagSeconds * 1000
  const story = addStory(world, { accountId, containerId, mediaType: 'IMAGE', bytes, publishedAtMs, visibleAtMs })
  container.storyIds.push(story.id)
  container.publishedAtMs ??= publishedAtMs
  return story
}

export interface HandPost {
  /** Default: the first account. */
  accountId?: string
  /** Default 0. */
  secondsAgo?: number
  mediaType?: 'IMAGE' | 'VIDEO'
  /** The picture; without one the story has no `media_url`. */
  bytes?: Buffer
}

/** A story that somebody posted from a phone: visible at once. */
export function postByHand(world: World, options: HandPost): FakeStory {
  const { accountId = ACCOUNT_ID, secondsAgo = 0, mediaType = 'IMAGE', bytes = null } = options
  const publishedAtMs = world.nowMs() - secondsAgo * 1000
  return addStory(world, {
    accountId,
    containerId: null,
    mediaType,
    bytes,
    publishedAtMs,
    visibleAtMs: publishedAtMs,
  })
}

/** Stories of the API that are live on this account. */
export const livePublications = (world: World, accountId: string): FakeStory[] =>
  [...world.stories.values()].filter(
    (story) =>
      story.accountId === accountId && story.containerId !== null && world.nowMs() - story.publishedAtMs < DAY_MS,
  )

/** Containers, and pictures of one account, that became more than one story within a day. */
export function findDoublePublishes(world: World): string[] {
  const containers = [...world.containers.values()].filter(({ storyIds }) => storyIds.length > 1)
  const published = [...world.stories.values()].filter(({ containerId }) => containerId !== null)
  const pictures = published.filter((story, at) =>
    published
      .slice(0, at)
      .some(
        (other) =>
          other.sha256 === story.sha256 &&
          other.accountId === story.accountId &&
          other.containerId !== story.containerId &&
          story.publishedAtMs - other.publishedAtMs < DAY_MS,
      ),
  )
  return [
    ...containers.map(({ id, storyIds }) => `container ${id} became the stories ${storyIds.join(', ')}`),
    ...pictures.map(({ id, containerId }) => `story ${id} of container ${containerId} shows a picture that was live`),
  ]
}
