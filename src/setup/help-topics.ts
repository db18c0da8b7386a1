import { SETTINGS } from '../settings.ts'
import { INSTAGRAM } from './topic-instagram.ts'

interface Topic {
  summary: string
  text(): string
}

const HOW_IT_WORKS = `How a story travels

  folder ──index-media──▶ library ──create-schedule──▶ queue ──process-queue──▶ Telegram card ──button──▶ history + lock

1. storyline index-media       every picture below MEDIA_BASE_PATH becomes an item of the library; titles, links and tags come
                               from metadata.json, from a photo.json beside the picture, or from the file name.
2. storyline create-schedule   fills the free slots of the coming days: never posted first, then least recently posted.
3. storyline process-queue     (cron, every 5 minutes) sends what is due to the team's chat: the untouched file, then a card.
                               With ENABLE_INSTAGRAM_API=true a story without a sticker is published on Instagram instead.
4. the team                    posts it on Instagram and presses Mark Posted, or Skip. \`storyline bot\` listens.
5. the history                 says who, when and how long it took; the picture rests for REPOST_TTL_DAYS.

States of a story in the queue
  pending        waits for its time
  processing     a run is sending it right now
  retrying       Telegram or Instagram refused for the moment, or is not ready; tried again at the time in the row
  awaiting_team  its card is in Telegram and waits for a button
  unconfirmed    a run died or an answer was lost: nobody knows whether the card arrived, or the story is live. Storyline
                 never guesses: it reads Instagram; what that does not tell, and what became of a card, the admin chat
                 is asked, or you say it with \`storyline confirm\`.
Every story ends as exactly one line of the history: posted, skipped, rejected, failed, missed or cancelled.

What a person can do with a story that is open: storyline skip (its picture rests), storyline reject (never again),
storyline cancel (the picture stays free), storyline confirm 47 --posted (it was posted, nobody pressed).
A mistake, such as Mark Posted on the wrong card: storyline undo 47. Lock and counters are as before and the card has its
buttons again. What Storyline published on Instagram itself is live and cannot be undone.

Nothing is sent twice and nothing is lost: not by a crash, an overlap, a double tap or a restart.`

const TROUBLE = `When something does not happen

Nothing was posted today?
  storyline monitor-queue               what today brought, what is overdue, and why it waits
  storyline check-health                Telegram, the last tick, the bot, the schedule: each with what to do
  storyline list-queue                  what is planned, with the team or in doubt
  storyline history --since 24h         how stories ended: posted, skipped, missed, failed, with the reason

Cards come, but buttons do nothing?     storyline bot has to run: storyline install-service
Nothing is planned?                     storyline create-schedule says why a slot stays empty
Jobs do not run?                        storyline install-cron; storyline list-service-runs shows what ran and what died
Telegram refuses?                       storyline test-telegram names the missing right
Instagram refuses?                      storyline test-api; storyline check-token
Everything stands still on purpose?     storyline resume ends a pause

One story now: storyline add-to-queue cat.jpg --now, or storyline reschedule 47 --now for one that is planned.
A wrong Mark Posted: storyline undo 47.`

const EXIT_CODES = `Exit codes

  0    done, or nothing to do
  1    failed
  2    wrong usage: unknown command or option, bad value
  3    partly: some items failed, or something is unhealthy
  4    not configured: a setting is missing or wrong, or the schema does not fit
  130  interrupted (Ctrl-C)      143  terminated (SIGTERM)

process-queue: 0 delivered, waiting or retrying; 3 if anything failed, was missed or is unconfirmed; 1 if the tick could not
work. index-media: 3 only for rejections and metadata mistakes that are new. With --json an error is
{"error": {"code", "message", "fix"}} on stdout.`

const TELEGRAM = `Setting up Telegram, in about ten minutes

1. In Telegram, open @BotFather, send /newbot, choose a name. It answers with a token: TELEGRAM_BOT_TOKEN.
2. Make the team's chat: a private group (recommended: everybody in it may press the buttons) or a channel.
   Add the bot. In a channel it must be an administrator who may post, edit and delete messages; in a group being an
   administrator is not needed, but it lets the bot tell members from strangers reliably.
3. Find the chat's id: open the chat in web.telegram.org, the number after # in the address. Supergroups and channels start
   with -100. A public channel's @name works too: TELEGRAM_CHANNEL_ID.
4. Optional: a second chat for alerts, e.g. your own private chat with the bot (press Start there once); its id is your user
   id: ADMIN_TELEGRAM_CHAT_ID.
5. Put the values into .env (see .env.example), then:

     storyline test-telegram        every right is checked, the missing one is named
     storyline process-queue --dry-run
     storyline process-queue        sends what is due
     storyline bot                  listens to the buttons; leave it running (README: systemd)

Commands in the chat: /pending /posted /stats /help. In the admin chat, for admins (in a private one for whoever is there):
/health, /pause <why>, /resume, /reject <number> <why>, /undo <number>.
A press after an outage is never lost for good: the card stays, press again.
Who may press: active people of the team's chat. Somebody new becomes known by the first press if Telegram says that they
belong to the group (in a channel: administrators only, unless TEAM_JOIN=anyone). \`storyline deactivate-user\` ends it.`

/** What each setting means, in one line; the test suite compares it with the list of settings and with .env.example. */
export const SETTING_HELP: Readonly<Record<string, string>> = {
  DATABASE_URL: 'your own PostgreSQL; unset: Storyline runs an embedded one',
  DB_HOST: 'instead of DATABASE_URL, in parts',
  DB_PORT: 'port of DB_HOST',
  DB_NAME: 'database on DB_HOST',
  DB_USER: 'user on DB_HOST',
  DB_PASSWORD: 'password on DB_HOST (or DB_PASSWORD_FILE)',
  TELEGRAM_BOT_TOKEN: 'from @BotFather (or TELEGRAM_BOT_TOKEN_FILE)',
  TELEGRAM_CHANNEL_ID: "the team's chat: -100… or @name",
  ADMIN_TELEGRAM_CHAT_ID: 'chat that hears of failures and is asked about unconfirmed stories',
  TELEGRAM_API_ROOT: 'another Bot API server',
  MEDIA_BASE_PATH: 'the library; relative to STORYLINE_HOME',
  TIMEZONE: 'IANA zone of all wall-clock times',
  POSTS_PER_DAY: 'slots a day, 1 to 50',
  POSTING_HOURS_START: 'the window opens (hour or HH:MM in TIMEZONE)',
  POSTING_HOURS_END: 'the window closes; before the start: it crosses midnight',
  SLOT_JITTER_MINUTES: 'a slot is moved by up to so many minutes',
  AVOID_REPOST_DAYS: 'least distance between two planned stories of the same content',
  REPOST_TTL_DAYS: 'a posted picture rests so long',
  SKIP_TTL_DAYS: 'a skipped picture rests so long',
  MISSED_AFTER_MINUTES: 'later than this a story is missed, not sent',
  TEAM_RESPONSE_HOURS: 'a card that nobody pressed is closed after so long',
  TEAM_JOIN: 'members | anyone: who may join by pressing in a channel',
  MAX_POSTS_PER_RUN: 'stories a tick sends at most',
  CATEGORY_MIX: 'shares of the categories, e.g. memes=60,products=40',
  ENABLE_INSTAGRAM_API: 'stories without stickers publish themselves (storyline help instagram)',
  INSTAGRAM_LOGIN: 'facebook | instagram: which of Meta’s two logins the token is of',
  INSTAGRAM_ACCOUNT_ID: 'id of the Instagram account, digits only',
  ACCESS_TOKEN: 'long-lived token (or ACCESS_TOKEN_FILE); `storyline instagram connect` gets and stores one',
  APP_ID: "id of Meta's app",
  APP_SECRET: "secret of Meta's app (or APP_SECRET_FILE)",
  INSTAGRAM_API_ROOT: 'another Graph API server; default by login',
  GRAPH_API_VERSION: 'version of the Graph API',
  STORY_FIT: 'blur | cover | contain: a picture that is not 9:16',
  MEDIA_HOST: 'cloudinary | s3: where a picture is put until it is published',
  CLOUDINARY_CLOUD_NAME: 'cloud name of the Cloudinary account',
  CLOUDINARY_API_KEY: 'its API key',
  CLOUDINARY_API_SECRET: 'its API secret (or CLOUDINARY_API_SECRET_FILE)',
  CLOUDINARY_UPLOAD_PREFIX: 'another Cloudinary server',
  S3_ENDPOINT: "an S3-compatible store; unset: Amazon's",
  S3_BUCKET: 'its bucket; may be private',
  S3_REGION: 'its region',
  S3_ACCESS_KEY_ID: 'its access key id',
  S3_SECRET_ACCESS_KEY: 'its secret key (or S3_SECRET_ACCESS_KEY_FILE)',
  STORYLINE_SECRET_KEY: 'seals stored tokens: openssl rand -base64 32 (or STORYLINE_SECRET_KEY_FILE)',
  LOG_FILE: 'what commands say, as JSON lines; relative to STORYLINE_HOME',
  LOG_LEVEL: 'debug | info | warn: from which level on',
  HEARTBEAT_URL: 'told of every tick, e.g. a check of healthchecks.io: it misses you when nobody ticks',
  BACKUP_DIR: 'where backups are put; relative to STORYLINE_HOME',
  BACKUP_RETENTION_DAYS: 'a backup is kept so long; the newest verified one always',
  BACKUP_RECIPIENT: 'public key of age (age1…): backups are encrypted for it',
  DRY_RUN_MODE: 'every command that reaches the outside only says what it would do',
  LEASE_SECONDS: 'how long a run owns a story before another may take over',
  HTTP_TIMEOUT_SECONDS: 'longest wait for an answer of Telegram or Instagram',
}

function environment(): string {
  const rows = Object.values(SETTINGS).map((spec) => {
    const fallback = 'fallback' in spec && spec.fallback !== undefined ? String(spec.fallback) : ''
    return `  ${spec.name.padEnd(24)} ${fallback.padEnd(26)} ${SETTING_HELP[spec.name] ?? ''}`
  })
  return [
    'Settings: the environment wins over STORYLINE_HOME/.env, which wins over the default. Posting settings may also stand',
    'in the table config, which wins over all. STORYLINE_HOME defaults to the installation folder; it holds .env, media/',
    'and .storyline/ (the embedded database).',
    '',
    `  ${'name'.padEnd(24)} ${'default'.padEnd(26)} meaning`,
    ...rows,
  ].join('\n')
}

export const TOPICS: Readonly<Record<string, Topic>> = {
  'how-it-works': { summary: 'how a story travels, and the states', text: () => HOW_IT_WORKS },
  trouble: { summary: 'nothing was posted today? where to look', text: () => TROUBLE },
  environment: { summary: 'every setting', text: environment },
  'exit-codes': { summary: 'what scripts can rely on', text: () => EXIT_CODES },
  telegram: { summary: 'the bot, the chat and the rights', text: () => TELEGRAM },
  instagram: { summary: 'automatic publishing: app, token, media host', text: () => INSTAGRAM },
}
