import type { InstagramAccess } from './access.ts'

import { type GraphClient, GraphError, type GraphFailure } from './graph.ts'
import type { ContainerCode } from './reconcile.ts'

const CODES: readonly string[] = ['IN_PROGRESS', 'FINISHED', 'ERROR', 'EXPIRED', 'PUBLISHED']
/** Stories asked for at once, and pages at most: an account shows a hundred stories a day at most. */
const PAGE_SIZE = 100
const MAX_PAGES = 5

interface ContainerStatus {
  code: ContainerCode
  /** Meta's text: the only place that says why a container failed. */
  text: string
}

export interface LiveStory {
  id: string
  mediaType: string | null
  publishedAt: Date | null
  mediaUrl: string | null
}

/** Reading what is on Instagram. Rejects with `GraphError`. */
export interface InstagramReader {
  container(containerId: string): Promise<ContainerStatus>
  /** All that are live, newest first. */
  stories(): Promise<LiveStory[]>
  permalink(mediaId: string): Promise<string | null>
  quota(): Promise<{ used: number; total: number }>
}

/** Assumed when the account's own figure cannot be read (instagram.md §2.1). */
const USUAL_QUOTA = 50

export function createReader(
  graph: GraphClient,
  access: Pick<InstagramAccess, 'accountId' | 'userToken'>,
): InstagramReader {
  const get: GraphClient['get'] = (path, params, options) => getWithEither(graph, access, { path, params, options })
  return {
    container: async (containerId) => {
      const answer = await get<{ status_code?: string; status?: string }>(
        containerId,
        { fields: 'status_code,status' },
        { label: 'container status' },
      )
      const code = CODES.find((known) => known === answer.status_code) as ContainerCode | undefined
      const text = typeof answer.status === 'string' ? answer.status : ''
      // Meta sometimes leaves the code out and says it in words only (instagram.md §1.5).
      return { code: code ?? (/^error\b/i.test(text) ? 'ERROR' : 'UNKNOWN'), text }
    },
    stories: () => listStories(get, access.accountId),
    permalink: async (mediaId) => {
      const answer = await get<{ permalink?: string }>(mediaId, { fields: 'permalink' }, { label: 'permalink' })
      return typeof answer.permalink === 'string' ? answer.permalink : null
    },
    quota: async () => {
      const path = `${access.accountId}/content_publishing_limit`
      const answer = await get<{ data?: { quota_usage?: number; config?: { quota_total?: number } }[] }>(path, {
        fields: 'quota_usage,config',
      })
      const [limit] = Array.isArray(answer.data) ? answer.data : []
      if (typeof limit?.quota_usage !== 'number') throw incomplete('content_publishing_limit')
      return { used: limit.quota_usage, total: limit.config?.quota_total ?? USUAL_QUOTA }
    },
  }
}

/** Part of a list is no list: nothing may be inferred from what is missing. */
function incomplete(label: string): GraphError {
  return new GraphError(label, { kind: 'unanswered', reason: 'Meta did not answer with a whole list' })
}

interface Read {
  path: string
  params: Parameters<GraphClient['get']>[1]
  options: Parameters<GraphClient['get']>[2]
}

/** Reads that fail with a Page's token may work with the user's own (instagram.md §4.1): tried once. */
async function getWithEither<T>(
  graph: GraphClient,
  { userToken }: Pick<InstagramAccess, 'userToken'>,
  { path, params, options }: Read,
): Promise<T> {
  try {
    return await graph.get<T>(path, params, options)
  } catch (error) {
    if (userToken === null || !(error instanceof GraphError) || !mayBeTheToken(error.failure)) throw error
    return graph.get<T>(path, params, { ...options, token: userToken.reveal() })
  }
}

function mayBeTheToken(failure: GraphFailure): boolean {
  if (failure.kind !== 'refused') return false
  const { class: meaning } = failure.refusal
  return meaning === 'ambiguous' || meaning === 'auth' || meaning === 'human'
}

interface StoriesPage {
  data?: { id?: string; media_type?: string; timestamp?: string; media_url?: string }[]
  paging?: { cursors?: { after?: string }; next?: string }
}

async function listStories(get: GraphClient['get'], accountId: string): Promise<LiveStory[]> {
  const found: LiveStory[] = []
  let after: string | undefined
  for (let page = 0; page < MAX_PAGES; page += 1) {
    const answer: StoriesPage = await get<StoriesPage>(`${accountId}/stories`, {
      fields: 'id,media_type,timestamp,media_url',
      limit: PAGE_SIZE,
      after,
    })
    if (!Array.isArray(answer.data)) throw incomplete('stories')
    for (const story of answer.data) {
      if (typeof story.id !== 'string') continue
      const publishedAt = story.timestamp ? new Date(story.timestamp) : null
      const isTime = publishedAt !== null && !Number.isNaN(publishedAt.getTime())
      const { id, media_type: mediaType = null, media_url: mediaUrl = null } = story
      found.push({ id, mediaType, publishedAt: isTime ? publishedAt : null, mediaUrl })
    }
    if (!answer.paging?.next) return found
    after = answer.paging.cursors?.after
    if (after === undefined) throw incomplete('stories')
  }
  throw incomplete('stories')
}
