/** An active media item that is not in the queue. */
export interface Candidate {
  id: string
  fileHash: string
  /** Null: it lies in no folder of its own. */
  category: string | null
  tags: readonly string[]
  timesPosted: number
  lastPostedAt: Date | null
  /** End of the longest lock of any copy of its content. */
  lockedUntil: Date | null | 'forever'
}

/** A story that is in the queue or was posted lately. */
export interface Story {
  at: Date
  fileHash: string
  category: string | null
  tags: readonly string[]
}

/** What all copies of one content share: it must not be seen again too soon, whichever file it comes from. */
export interface Content {
  timesPosted: number
  lastPostedMs: number | null
  /** Infinity: for ever. */
  lockedUntilMs: number
  /** Posted, planned and chosen ones. */
  storiesMs: number[]
  /** False: every copy lies in a category that is never chosen. */
  isWanted: boolean
}

/** Every content of the candidates, with all that happened to any of its copies. */
export function groupByContent(candidates: readonly Candidate[], stories: readonly Story[]): Map<string, Content> {
  const contents = new Map<string, Content>()
  for (const candidate of candidates) addCopy(contents, candidate)
  for (const story of stories) contents.get(story.fileHash)?.storiesMs.push(story.at.getTime())
  for (const content of contents.values()) {
    if (content.lastPostedMs !== null) content.storiesMs.push(content.lastPostedMs)
  }
  return contents
}

function addCopy(contents: Map<string, Content>, candidate: Candidate): void {
  const lastPostedMs = candidate.lastPostedAt?.getTime() ?? null
  const lockedUntilMs =
    candidate.lockedUntil === 'forever'
      ? Number.POSITIVE_INFINITY
      : (candidate.lockedUntil?.getTime() ?? Number.NEGATIVE_INFINITY)
  const content = contents.get(candidate.fileHash)
  if (!content) {
    const { timesPosted } = candidate
    contents.set(candidate.fileHash, { timesPosted, lastPostedMs, lockedUntilMs, storiesMs: [], isWanted: false })
    return
  }
  content.timesPosted += candidate.timesPosted
  content.lockedUntilMs = Math.max(content.lockedUntilMs, lockedUntilMs)
  if (lastPostedMs !== null) content.lastPostedMs = Math.max(lastPostedMs, content.lastPostedMs ?? lastPostedMs)
}
