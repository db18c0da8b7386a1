import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { addFault, addHold, createFaultBox, type GraphFault, type Hold, type When } from './fake-graph/faults.ts'
import { handleRequest, type Server } from './fake-graph/server.ts'
import { tokenNamed } from './fake-graph/token-records.ts'
import type {
  FakeAccount,
  FakeContainer,
  FakePage,
  FakeStory,
  GraphBehaviour,
  GraphCallRecord,
  GraphEndpoint,
} from './fake-graph/types.ts'
import { createWatch } from './fake-graph/watch.ts'
import { changeBehaviour, createWorld, findDoublePublishes, type HandPost, postByHand } from './fake-graph/world.ts'

export interface FakeGraphOptions {
  /** The server's clock before `advance`. Default: that of the machine. */
  now?: () => Date
}

/** A Graph API on 127.0.0.1, as strict as Meta's, for this process and for the commands that a test starts. */
export interface FakeGraph {
  /** For INSTAGRAM_API_ROOT, with both logins: the kind of the token tells which. */
  url: string
  /** 17 digits, no JavaScript number. */
  accountId: string
  /** `page`, `instagram`: of the first account; the others of the second. The short ones live for an hour. */
  tokens: Record<'page' | 'page2' | 'user' | 'userShort' | 'instagram' | 'instagram2' | 'instagramShort', string>
  /** For APP_ID and APP_SECRET with the Facebook login. */
  app: { id: string; secret: string }
  /** For APP_ID and APP_SECRET with the Instagram login. */
  instagramApp: { id: string; secret: string }
  /** May be changed in place. */
  accounts: FakeAccount[]
  /** Of the user: two with an Instagram account and one without. May be changed in place. */
  pages: FakePage[]
  close(): Promise<void>
  /** Calls in the order of arrival, of one endpoint or of all. */
  calls(endpoint?: GraphEndpoint): GraphCallRecord[]
  /** Resolves with the ended calls of an endpoint once there are `count`. Default 10 s. */
  waitForCalls(endpoint: GraphEndpoint, count?: number, timeoutSeconds?: number): Promise<GraphCallRecord[]>
  /** Everything that was wrong with the calls themselves. A test ends with `expect(fake.violations()).toEqual([])`. */
  violations(): string[]
  containers(): FakeContainer[]
  /** Every story there ever was, oldest first. */
  stories(): FakeStory[]
  /** How many stories `media_publish` made. */
  publishEffects(): number
  /** Containers, and pictures of one account within a day, that were published more than once. */
  doublePublishes(): string[]
  /** A story that somebody posted from a phone. */
  postByHand(options?: HandPost): FakeStory
  set(change: Partial<GraphBehaviour>): void
  /** The next matching calls go wrong. */
  fault(fault: GraphFault): void
  clearFaults(): void
  /** Holds the next call of an endpoint before or after its effect. Default `after`. */
  hold(endpoint: GraphEndpoint, when?: When): Hold
  /** The server's clock. */
  advance(seconds: number): void
}

export async function startFakeGraph({ now = () => new Date() }: FakeGraphOptions = {}): Promise<FakeGraph> {
  const world = createWorld(now)
  const server: Server = { world, watch: createWatch(), box: createFaultBox(), calls: [], listeners: new Set() }
  const http = createServer((request, response) => {
    const storyId = /^\/picture\/(\d+)\.jpg$/.exec(request.url ?? '')?.[1]
    void (storyId ? showPicture(server, response, storyId) : handleRequest(server, request, response))
  })
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve))
  world.url = `http://127.0.0.1:${(http.address() as AddressInfo).port}`
  const close = () =>
    new Promise<void>((resolve) => {
      http.close(() => resolve())
      http.closeAllConnections()
    })
  const { url, app, instagramApp, accounts, pages } = world
  const accountId = accounts[0]?.id ?? ''
  return {
    ...{ url, accountId, app, instagramApp, accounts, pages, close },
    tokens: {
      page: tokenNamed(world, 'page'),
      page2: tokenNamed(world, 'page2'),
      user: tokenNamed(world, 'user'),
      userShort: tokenNamed(world, 'userShort'),
      instagram: tokenNamed(world, 'instagram'),
      instagram2: tokenNamed(world, 'instagram2'),
      instagramShort: tokenNamed(world, 'instagramShort'),
    },
    ...observers(server),
    ...controls(server),
  }
}

/** What `media_url` leads to: the picture as Instagram shows it, coded anew. */
async function showPicture({ world }: Server, response: ServerResponse, storyId: string): Promise<void> {
  const bytes = world.stories.get(storyId)?.bytes
  if (!bytes) return void response.writeHead(404).end()
  const { default: sharp } = await import('sharp')
  // Headers around nonsense make a picture that only this server takes.
  const shown = await sharp(bytes)
    .jpeg({ quality: 70, progressive: true })
    .toBuffer()
    .catch(() => bytes)
  response.writeHead(200, { 'content-type': 'image/jpeg' }).end(shown)
}

function observers({ world, calls, listeners }: Server) {
  return {
    calls: (endpoint?: GraphEndpoint) => calls.filter((call) => endpoint === undefined || call.endpoint === endpoint),
    waitForCalls: (endpoint: GraphEndpoint, count = 1, timeoutSeconds = 10) => {
      const ended = () => calls.filter((call) => call.endpoint === endpoint && call.state !== 'open')
      const seen = () => calls.map((call) => `${call.endpoint} ${call.status ?? call.state}`).join(', ')
      return new Promise<GraphCallRecord[]>((resolve, reject) => {
        const settle = (act: () => void) => {
          clearTimeout(timer)
          listeners.delete(check)
          act()
        }
        const check = () => {
          if (ended().length >= count) settle(() => resolve(ended()))
        }
        const late = () =>
          new Error(`${ended().length} of ${count} ${endpoint} in ${timeoutSeconds} s; calls: ${seen()}`)
        const timer = setTimeout(() => settle(() => reject(late())), timeoutSeconds * 1000)
        listeners.add(check)
        check()
      })
    },
    violations: () => calls.flatMap((call) => call.violations.map((text) => `#${call.seq} ${call.endpoint}: ${text}`)),
    containers: () => [...world.containers.values()].map((container) => ({ ...container })),
    stories: () => [...world.stories.values()].map((story) => ({ ...story })),
    publishEffects: () => [...world.stories.values()].filter(({ containerId }) => containerId !== null).length,
    doublePublishes: () => findDoublePublishes(world),
  }
}

function controls({ world, box }: Server) {
  return {
    postByHand: (options: HandPost = {}) => postByHand(world, options),
    set: (change: Partial<GraphBehaviour>) => changeBehaviour(world, change),
    fault: (fault: GraphFault) => addFault(box, fault),
    clearFaults: () => {
      box.faults = []
    },
    hold: (endpoint: GraphEndpoint, when: When = 'after') => addHold(box, endpoint, when),
    advance: (seconds: number) => {
      world.clockOffsetMs += seconds * 1000
    },
  }
}
