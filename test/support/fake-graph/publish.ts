import { authenticate, notFound, PUBLISH, reaches, requireAccount, requireScope } from './auth.ts'
import { GraphApiError, refused, wrong } from './errors.ts'
import { fetchPicture, judgePicture } from './fetch-picture.ts'
import { pickFields } from './fields.ts'
import { judgeDigits } from './route.ts'
import type { Handler } from './server.ts'
import { DAY_MS } from './time.ts'
import type { Call, ContainerOutcome, FakeContainer, TokenRecord } from './types.ts'
import { noteStatusRead } from './watch.ts'
import { addContainer, livePublications, publishContainer, sha256, type World } from './world.ts'

export const createContainer: Handler = async ({ world }, call) => {
  const token = authenticate(world, call)
  const account = requireAccount(world, call, token)
  requireScope(world, token, PUBLISH)
  const details = readMediaParams(world, call)
  const since = world.nowMs() - DAY_MS
  const made = [...world.containers.values()].filter(
    ({ accountId, createdAtMs }) => accountId === account.id && createdAtMs > since,
  )
  if (made.length >= world.behaviour.containerLimit) {
    throw refused(9, 2207042, 'You reached maximum number of containers that is allowed to be created.')
  }
  const bytes = await fetchPicture(details.imageUrl, world.behaviour.fetchTimeoutSeconds)
  judgePicture(bytes, call.record.violations)
  const twin = livePublications(world, account.id).find((story) => story.sha256 === sha256(bytes))
  if (twin) call.record.violations.push(`the same picture is live as story ${twin.id}`)
  const { id } = addContainer(world, { accountId: account.id, ...details, bytes })
  call.record.effect = 'container created'
  return { id }
}

function readMediaParams(world: World, { params }: Call) {
  const { media_type, image_url: imageUrl, user_tags, is_ai_generated } = params
  if (media_type !== 'STORIES') throw wrong(`Unknown media type ${media_type}`, { subcode: 2207023 })
  if (imageUrl === undefined) throw wrong('The parameter image_url is required')
  if (!/^https?:\/\/[\x21-\x7e]+$/.test(imageUrl) || !URL.canParse(imageUrl))
    throw wrong('image_url must be a URL of US-ASCII characters')
  if (is_ai_generated !== undefined && !/^(true|false)$/.test(is_ai_generated))
    throw wrong('is_ai_generated must be a boolean')
  return {
    imageUrl,
    userTags: user_tags === undefined ? [] : readUserTags(world, user_tags),
    isAiGenerated: is_ai_generated === 'true',
  }
}

function readUserTags(world: World, text: string): unknown[] {
  let tags: unknown
  try {
    tags = JSON.parse(text)
  } catch {}
  if (!Array.isArray(tags)) throw wrong('Param user_tags must be a JSON array')
  if (tags.length > 20) throw wrong('You can tag up to 20 people', { subcode: 2207040 })
  for (const { username, ...place } of tags) {
    if (typeof username !== 'string' || !/^[a-z0-9._]{1,30}$/i.test(username))
      throw wrong('user_tags: username must be the name of an account, without @')
    if (world.behaviour.privateUsers.includes(username)) throw refused(100, 2207018, 'Invalid user id')
    for (const [axis, value] of Object.entries(place)) {
      const isPlace = (axis === 'x' || axis === 'y') && typeof value === 'number' && value >= 0 && value <= 1
      if (!isPlace) throw wrong(`user_tags: ${axis} must be x or y, a number from 0 to 1`)
    }
  }
  return tags
}

const STATUS_TEXT: Readonly<Record<string, string>> = {
  IN_PROGRESS: 'In progress: Media is still being processed.',
  FINISHED: 'Finished: Media has been uploaded and it is ready to be published.',
  PUBLISHED: 'Published: Media has been successfully published.',
  EXPIRED: 'Expired: Media was not published within 24 hours.',
}

const OUTCOMES: Readonly<Record<Extract<ContainerOutcome, string>, { status_code?: string; status?: string }>> = {
  finished: { status_code: 'FINISHED' },
  error: { status_code: 'ERROR', status: 'Error: Media upload has failed with error code 2207082' },
  expired: { status_code: 'EXPIRED' },
  stuck: { status_code: 'IN_PROGRESS' },
  no_status_code: { status: 'Error: Media download has failed.' },
}

/** The truth, whatever a read says. */
function statusOf(world: World, container: FakeContainer): { status_code?: string; status?: string } {
  if (container.storyIds.length > 0) return { status_code: 'PUBLISHED' }
  if (world.nowMs() - container.createdAtMs >= DAY_MS) return OUTCOMES.expired
  if (container.statusReads < world.behaviour.inProgressReads) return OUTCOMES.stuck
  return typeof container.outcome === 'string' ? OUTCOMES[container.outcome] : container.outcome
}

/** 100/33, as Meta answered for months when a Page's token asked. */
export function failPageRead(world: World, { record }: Call, { kind }: TokenRecord): void {
  if (kind === 'page' && world.behaviour.pageTokenReadsFail) throw notFound(record)
}

export const readContainer: Handler = ({ world, watch }, call) => {
  const token = authenticate(world, call)
  const container = world.containers.get(call.record.node ?? '')
  if (!container || !reaches(world, token, container.accountId)) throw notFound(call.record)
  failPageRead(world, call, token)
  const { publishedAtMs } = container
  const lagsUntilMs = (publishedAtMs ?? 0) + world.behaviour.publishedLagSeconds * 1000
  const isLagging = publishedAtMs !== null && world.nowMs() < lagsUntilMs
  const { status_code, status } = isLagging ? OUTCOMES.finished : statusOf(world, container)
  container.statusReads++
  const node = { id: container.id, status_code, status: status ?? STATUS_TEXT[status_code ?? ''] }
  const answer = pickFields('ShadowIGMediaBuilder', node, call.params.fields, 'id')
  call.onAnswered = () => {
    if ('status_code' in answer || 'status' in answer)
      noteStatusRead(watch, call.record.seq, container.id, answer.status_code)
  }
  return answer
}

const notReady = () => refused(9007, 2207027, 'Media ID is not available')

export const publish: Handler = ({ world }, call) => {
  const token = authenticate(world, call)
  const account = requireAccount(world, call, token)
  requireScope(world, token, PUBLISH)
  const container = requireContainer(world, call, account.id)
  if (container.storyIds.length > 0) return publishAgain(world, call, container)
  const { status_code } = statusOf(world, container)
  if (status_code === 'EXPIRED') throw refused(-2, 2207020, 'The media you are trying to access has expired.')
  if (status_code !== 'FINISHED') throw notReady()
  if (container.notReadyLeft > 0) {
    container.notReadyLeft--
    throw notReady()
  }
  const { total } = world.behaviour.quota
  if (total !== null && quotaUsed(world, account.id) >= total) {
    throw refused(9, 2207042, 'You reached maximum number of posts that is allowed to be published.')
  }
  call.record.effect = 'story published'
  return { id: publishContainer(world, container).id }
}

function requireContainer(world: World, { params, record }: Call, accountId: string): FakeContainer {
  const { creation_id: id } = params
  if (id === undefined) throw wrong('The parameter creation_id is required.')
  if (!/^\d+$/.test(id)) throw wrong('Param creation_id must be an integer: digits only')
  judgeDigits(world, id, record.violations)
  const container = world.containers.get(id)
  if (container?.accountId === accountId) return container
  throw refused(24, 2207008, `The media builder with creation id = ${id} does not exist or has been expired.`)
}

function publishAgain(world: World, { record }: Call, container: FakeContainer) {
  switch (world.behaviour.secondPublish) {
    case 'same_id':
      return { id: container.storyIds[0] }
    case 'error':
      throw new GraphApiError({ code: 9007, subcode: 2207008, message: 'The media has already been published' }, false)
    case 'duplicate':
      record.effect = 'story published'
      return { id: publishContainer(world, container).id }
    default:
      return world.behaviour.secondPublish satisfies never
  }
}

/** What counts against the quota since then: by default in the last 24 hours. */
export function quotaUsed(world: World, accountId: string, sinceMs = world.nowMs() - DAY_MS): number {
  const published = livePublications(world, accountId).filter(({ publishedAtMs }) => publishedAtMs >= sinceMs)
  return world.behaviour.quota.used + published.length
}
