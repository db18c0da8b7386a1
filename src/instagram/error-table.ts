import type { GraphClass } from './graph.ts'

/** One line of instagram.md §3.2. */
export interface ErrorRow {
  /** null: known by the subcode alone, out of the text of a container or of insights. A pair: from and to. */
  code: number | readonly [from: number, to: number] | null
  /** null: only an error without a subcode. `any`: also with a subcode that no row has. */
  subcode: number | 'any' | null
  class: GraphClass
  /** For people. */
  fix: string
  /** Shortest pause. Absent: the usage header, the quota or the caller's own rule says it. */
  waitSeconds?: number
  /** What the usage header says about regaining access is about this limit. */
  throttle?: true
  /** As the answer to `media_publish`: nothing was published. */
  provesNotPublished?: true
}

const HOUR = 3600

const FIX = {
  again: 'Nothing to do: Instagram has trouble, Storyline tries again.',
  newContainer: 'Nothing to do: Storyline hands the picture to Instagram anew.',
  notReady: 'Nothing to do: Instagram is not ready with the picture, Storyline asks again.',
  video: 'Storyline tries it once more. If that fails too, export the file anew and replace it.',
  slowHost:
    'Storyline tries again. If it keeps happening, the media host is too slow for Instagram: choose another one.',
  unfetched:
    'Storyline tries again. If it keeps happening, Instagram cannot load pictures from the media host: look for a firewall, robots.txt or redirect there, or choose another host.',
  throttled:
    'Nothing to do: Storyline makes no calls until the limit of Meta is over. If it comes back, find out what else uses this app or account.',
  quota:
    'Nothing to do: Storyline goes on when the publishing quota of the last 24 hours allows it. Plan fewer stories.',
  blocked:
    'Instagram restricts the account for what it takes for unwanted activity. Open the Instagram app and follow what it says; Storyline pauses meanwhile.',
  policy:
    'Meta blocks the account or app for a breach of its policies. Look at the account status in the Instagram app and at the alerts of the app dashboard.',
  erratic:
    'Meta sees an unusual number of calls. Find out what else uses this app and token, then let Storyline go on.',
  restricted: 'Open the Instagram app with this account and follow what it asks for (security check, restriction).',
  capability: 'Give the app the access that it lacks (App Review, Advanced Access) in the app dashboard of Meta.',
  checkpoint:
    'Log in at facebook.com with the user who connected the account, do what Meta asks for, then connect again.',
  unconfirmed: 'Confirm the e-mail address or phone number of the Facebook user who connected the account.',
  role: 'Give the user who connected the account a role with content rights on the Facebook Page, then connect again: storyline instagram connect',
  reconnect: 'Connect the account again: storyline instagram connect',
  expired: 'The token is expired. Connect the account again: storyline instagram connect',
  permission:
    'Connect again and grant every permission that is asked for: storyline instagram connect. If the Page belongs to a business, give the user a role in it.',
  readable:
    'Check with storyline test-api that the token can see this account. If it can, Meta has trouble and it passes.',
  lostMedia: 'Storyline hands the picture over anew. If it keeps happening, check the token: storyline check-token',
  request: 'Please report this: Storyline sent a request that Meta does not understand.',
  insights: 'Nothing to do: this number does not exist for this story.',
  tagCount: 'Tag at most 20 accounts.',
  tagAccess: 'Remove the tag: the account is private, renamed or does not allow to be tagged.',
  tagProduct: 'Remove the carousel or product tags: a story cannot have them.',
  thumbnail: 'Choose a thumbnail position inside the video.',
  videoFormat: 'Export the video as MP4 with H.264 and AAC, at most 60 seconds and 100 MB.',
  duplicate: 'Meta takes this for a repetition. Look at the account before you post it again.',
  tooLarge: 'The picture is larger than 8 MB: replace it by a smaller one.',
  imageFormat: 'Instagram cannot read the picture: export it anew as JPEG.',
  ratio: 'Instagram refuses the shape of the picture: crop it to 9:16.',
  caption: 'Shorten the caption.',
  unknown:
    'Look at the account and at what Meta says. Storyline takes nothing for granted and asks before it posts again.',
} as const

/** An error that is not in the table: nothing may be inferred from it. */
export const UNKNOWN_ERROR = { class: 'ambiguous', fix: FIX.unknown } as const

/**
 * Meta's errors and what they mean (instagram.md §3.2). Two rows of it can only be told by their text and share the row of their code:
 * 1 "Please reduce the amount of data", and 10 "Not enough viewers" of insights.
 */
export const ERROR_TABLE: readonly ErrorRow[] = [
  { code: -1, subcode: 2207001, class: 'transient', fix: FIX.again },
  { code: -1, subcode: 2207032, class: 'transient', fix: FIX.newContainer },
  { code: -1, subcode: 2207053, class: 'transient', fix: FIX.newContainer },
  { code: -2, subcode: 2207003, class: 'transient', fix: FIX.slowHost },
  { code: -2, subcode: 2207020, class: 'transient', fix: FIX.newContainer },
  { code: 1, subcode: 'any', class: 'transient', fix: FIX.again },
  { code: 1, subcode: 2207057, class: 'content', fix: FIX.thumbnail },
  { code: 2, subcode: 'any', class: 'transient', fix: FIX.again },
  { code: 3, subcode: 'any', class: 'human', fix: FIX.capability },
  { code: 4, subcode: 'any', class: 'wait', fix: FIX.throttled, throttle: true },
  // Seen with the text of a throttle while the story was live.
  { code: 4, subcode: 2207051, class: 'wait', fix: FIX.blocked, throttle: true, waitSeconds: HOUR },
  { code: 9, subcode: 2207042, class: 'wait', fix: FIX.quota },
  { code: 10, subcode: 'any', class: 'auth', fix: FIX.permission },
  { code: 10, subcode: 9053, class: 'bug', fix: FIX.request },
  { code: 17, subcode: 'any', class: 'wait', fix: FIX.throttled, throttle: true },
  { code: 24, subcode: 2207006, class: 'transient', fix: FIX.lostMedia },
  { code: 24, subcode: 2207008, class: 'transient', fix: FIX.notReady },
  { code: 25, subcode: 2207050, class: 'human', fix: FIX.restricted },
  { code: 32, subcode: 'any', class: 'wait', fix: FIX.throttled, throttle: true },
  { code: 100, subcode: null, class: 'bug', fix: FIX.request },
  { code: 100, subcode: 33, class: 'ambiguous', fix: FIX.readable },
  { code: 100, subcode: 2207018, class: 'content', fix: FIX.tagAccess },
  { code: 100, subcode: 2207023, class: 'bug', fix: FIX.request },
  { code: 100, subcode: 2207028, class: 'content', fix: FIX.tagProduct },
  { code: 100, subcode: 2207035, class: 'content', fix: FIX.tagProduct },
  { code: 100, subcode: 2207036, class: 'content', fix: FIX.tagProduct },
  { code: 100, subcode: 2207037, class: 'content', fix: FIX.tagProduct },
  { code: 100, subcode: 2207040, class: 'content', fix: FIX.tagCount },
  { code: 102, subcode: 'any', class: 'auth', fix: FIX.reconnect },
  { code: 190, subcode: 'any', class: 'auth', fix: FIX.reconnect },
  { code: 190, subcode: 458, class: 'auth', fix: FIX.reconnect },
  { code: 190, subcode: 459, class: 'human', fix: FIX.checkpoint },
  { code: 190, subcode: 460, class: 'auth', fix: FIX.reconnect },
  { code: 190, subcode: 463, class: 'auth', fix: FIX.expired },
  { code: 190, subcode: 464, class: 'human', fix: FIX.unconfirmed },
  { code: 190, subcode: 467, class: 'auth', fix: FIX.reconnect },
  // Connecting again alone does not help here.
  { code: 190, subcode: 492, class: 'human', fix: FIX.role },
  { code: [200, 299], subcode: 'any', class: 'auth', fix: FIX.permission },
  { code: 341, subcode: 'any', class: 'wait', fix: FIX.throttled, throttle: true },
  { code: 352, subcode: 2207026, class: 'content', fix: FIX.videoFormat },
  { code: 368, subcode: 'any', class: 'wait', fix: FIX.policy, waitSeconds: 24 * HOUR },
  // HTTP's own, when there is no error object or one with an unknown code.
  { code: 429, subcode: 'any', class: 'wait', fix: FIX.throttled, throttle: true },
  { code: 506, subcode: 'any', class: 'content', fix: FIX.duplicate },
  { code: 613, subcode: 'any', class: 'wait', fix: FIX.throttled, throttle: true },
  { code: 613, subcode: 1996, class: 'human', fix: FIX.erratic },
  // "Only photo or video can be accepted as media type": in truth it could not load the address; the next try often works.
  { code: 9004, subcode: 2207052, class: 'transient', fix: FIX.unfetched },
  { code: 9007, subcode: 2207027, class: 'transient', fix: FIX.notReady, provesNotPublished: true },
  { code: 36000, subcode: 2207004, class: 'content', fix: FIX.tooLarge },
  { code: 36001, subcode: 2207005, class: 'content', fix: FIX.imageFormat },
  { code: 36003, subcode: 2207009, class: 'content', fix: FIX.ratio },
  { code: 36004, subcode: 2207010, class: 'content', fix: FIX.caption },
  { code: 80001, subcode: 'any', class: 'wait', fix: FIX.throttled, throttle: true },
  { code: 80002, subcode: 'any', class: 'wait', fix: FIX.throttled, throttle: true },
  { code: null, subcode: 2207076, class: 'transient', fix: FIX.video },
  { code: null, subcode: 2207077, class: 'transient', fix: FIX.video },
  { code: null, subcode: 2207082, class: 'transient', fix: FIX.video },
  { code: null, subcode: 2207085, class: 'transient', fix: FIX.video },
  { code: null, subcode: 2207086, class: 'bug', fix: FIX.insights },
]
