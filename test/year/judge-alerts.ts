import { adminTexts, type Evidence, type Story } from './evidence.ts'

/** Promise 5 of SPEC §2: what the admin chat was told, each change once. Answers what is wrong, in words. */
export function judgeAlerts(evidence: Evidence): string[] {
  const texts = adminTexts(evidence)
  return [...judgeTurns(texts), ...judgeNames(evidence, texts)]
}

const EVENTS = ['Missed, too late to send', 'Cards that got no answer']

/** What a message is about: the beginning that stays the same while the trouble lasts. */
export function subjectOf(text: string): string {
  const words = text.replace(/^(🚨|⚠️) /u, '').replace(/^✅ Resolved\n/, '')
  return /^(?:Was story|Story) #\d+/.exec(words)?.[0] ?? words.split(':')[0] ?? words
}

const isResolved = (text: string) => text.startsWith('✅ Resolved')

/** Trouble is told, then its end, then perhaps the next trouble; an event is news every time. */
function judgeTurns(texts: readonly string[]): string[] {
  const open = new Set<string>()
  return texts.flatMap((text) => {
    const subject = subjectOf(text)
    if (isResolved(text)) return open.delete(subject) ? [] : [`an end that had no beginning: ${text}`]
    const isNews = EVENTS.some((event) => subject.startsWith(event)) || !open.has(subject)
    open.add(subject)
    return isNews ? [] : [`told twice: ${text}`]
  })
}

/** Every story that ended badly is named once. */
function judgeNames({ stories, unlucky }: Evidence, texts: readonly string[]): string[] {
  const opened = texts.filter((text) => !isResolved(text))
  const named = (beginning: string, line: string) =>
    opened.filter((text) => text.slice(2).trim().startsWith(beginning) && text.includes(line)).length
  const expectOnce = (story: Story, what: string, times: number) =>
    times === 1 ? [] : [`${story.slot} ${what}, and the admin chat read its name ${times} times`]
  return stories.flatMap((story) => {
    const { storyNumber, file, end, sentAt, id } = story
    const line = `\n#${storyNumber} ${file}\n`
    if (end?.status === 'failed') return expectOnce(story, 'failed', named(`Story #${storyNumber} (`, 'failed'))
    const [late, unanswered] = EVENTS.map((event) => named(event, line))
    if (end?.status !== 'missed') return late === 0 && unanswered === 0 ? [] : [`${story.slot} was named wrongly`]
    // Of a story that was in doubt, a person said when it was sent.
    const times = unlucky.has(id) ? (late ?? 0) + (unanswered ?? 0) : sentAt === null ? late : unanswered
    return expectOnce(story, 'was missed', times ?? 0)
  })
}
