/**
 * The map of the domain: read it first. Names follow the plan's Part B with SPEC §5's corrections. Every time is
 * `timestamptz`; nothing cascades; status lists are those of SPEC §4.
 */
import { sql } from 'drizzle-orm'
import {
  bigint,
  boolean,
  check,
  foreignKey,
  index,
  integer,
  jsonb,
  numeric,
  pgTable,
  primaryKey,
  text,
  timestamp,
  unique,
  uniqueIndex,
  uuid,
  varchar,
} from 'drizzle-orm/pg-core'

export const QUEUE_STATUSES = ['pending', 'processing', 'retrying', 'awaiting_team', 'unconfirmed'] as const
export type QueueStatus = (typeof QUEUE_STATUSES)[number]

export const HISTORY_STATUSES = ['posted', 'skipped', 'rejected', 'failed', 'missed', 'cancelled'] as const
export type HistoryStatus = (typeof HISTORY_STATUSES)[number]

export const LOCK_REASONS = ['recent_post', 'skip', 'manual_hold', 'seasonal', 'rejected'] as const
export type LockReason = (typeof LOCK_REASONS)[number]

export const CHANNELS = ['telegram', 'instagram'] as const
export type ChannelName = (typeof CHANNELS)[number]

/** The outside call that is open: an intent without a result (SPEC §4). */
export const EFFECTS = ['telegram_document', 'telegram_card', 'instagram_publish'] as const
export type Effect = (typeof EFFECTS)[number]

export const HOSTS = ['cloudinary', 's3'] as const
export type HostName = (typeof HOSTS)[number]

const id = () => uuid('id').primaryKey().default(sql`gen_random_uuid()`)
const instant = (name: string) => timestamp(name, { withTimezone: true, mode: 'date' })
const createdAt = () => instant('created_at').notNull().defaultNow()
const updatedAt = () => instant('updated_at').notNull().defaultNow()
const telegramId = (name: string) => bigint(name, { mode: 'number' })
const oneOf = (column: string, values: readonly string[]) =>
  sql.raw(`${column} in (${values.map((value) => `'${value}'`).join(', ')})`)

export const users = pgTable(
  'users',
  {
    id: id(),
    telegramUserId: telegramId('telegram_user_id').notNull().unique(),
    telegramUsername: varchar('telegram_username', { length: 100 }),
    telegramFirstName: varchar('telegram_first_name', { length: 255 }),
    telegramLastName: varchar('telegram_last_name', { length: 255 }),
    teamName: varchar('team_name', { length: 255 }),
    role: varchar('role', { length: 50, enum: ['admin', 'member'] })
      .notNull()
      .default('member'),
    isActive: boolean('is_active').notNull().default(true),
    totalPosts: integer('total_posts').notNull().default(0),
    firstSeenAt: instant('first_seen_at').notNull().defaultNow(),
    lastSeenAt: instant('last_seen_at').notNull().defaultNow(),
    createdAt: createdAt(),
    updatedAt: updatedAt(),
  },
  (t) => [
    index('idx_users_team').on(t.teamName),
    index('idx_users_username').on(sql`lower(${t.telegramUsername})`),
    check('check_user_role', oneOf('role', ['admin', 'member'])),
  ],
)

export const mediaItems = pgTable(
  'media_items',
  {
    id: id(),
    /** Relative to MEDIA_BASE_PATH, `/`-separated: the identity of the item. */
    filePath: text('file_path').notNull().unique(),
    fileName: text('file_name').notNull(),
    fileSize: bigint('file_size', { mode: 'number' }).notNull(),
    /** Lower-case hex SHA-256 of the bytes: the sameness of content. */
    fileHash: text('file_hash').notNull(),
    mimeType: varchar('mime_type', { length: 100 }),
    requiresInteraction: boolean('requires_interaction').notNull().default(false),
    title: text('title'),
    linkUrl: text('link_url'),
    caption: text('caption'),
    tags: text('tags').array().notNull().default(sql`'{}'`),
    customMetadata: jsonb('custom_metadata').$type<Record<string, unknown>>(),
    timesPosted: integer('times_posted').notNull().default(0),
    lastPostedAt: instant('last_posted_at'),
    isActive: boolean('is_active').notNull().default(true),
    indexedByUserId: uuid('indexed_by_user_id').references(() => users.id),
    /** First folder under `stories/`. */
    category: text('category'),
    /** Pixels as displayed, after EXIF orientation. */
    width: integer('width'),
    height: integer('height'),
    /** mtime of the file when it was read: equal size and mtime mean unchanged. */
    modifiedAt: instant('modified_at'),
    /** Why the item is inactive. */
    problem: text('problem'),
    /** Shipped with Storyline: never delivered outside a dry run. */
    isSample: boolean('is_sample').notNull().default(false),
    /** Columns set with `edit-media`: metadata files no longer change them. */
    editedFields: text('edited_fields').array().notNull().default(sql`'{}'`),
    createdAt: createdAt(),
    updatedAt: updatedAt(),
  },
  (t) => [
    // The order in which create-schedule looks for candidates of a category.
    index('idx_media_items_active').on(t.category, t.lastPostedAt.asc().nullsFirst(), t.id).where(sql`is_active`),
    index('idx_media_items_hash').on(t.fileHash, t.isActive),
    index('idx_media_items_tags').using('gin', t.tags),
    check('check_media_file_hash', sql`file_hash ~ '^[0-9a-f]{64}$'`),
  ],
)

/** Files that `index-media` refused, by path, size and mtime: read again only when changed. */
export const rejectedFiles = pgTable('rejected_files', {
  filePath: text('file_path').primaryKey(),
  fileSize: bigint('file_size', { mode: 'number' }).notNull(),
  modifiedAt: instant('modified_at').notNull(),
  reason: text('reason').notNull(),
  createdAt: createdAt(),
})

export const postingQueue = pgTable(
  'posting_queue',
  {
    id: id(),
    /** The number on the card, for people: "STORY #47". */
    storyNumber: integer('story_number').notNull().generatedByDefaultAsIdentity(),
    mediaItemId: uuid('media_item_id').notNull().unique(),
    /** `2026-11-21/2`; null for items made by hand. */
    slot: text('slot').unique(),
    scheduledFor: instant('scheduled_for').notNull(),
    status: varchar('status', { length: 50, enum: QUEUE_STATUSES }).notNull().default('pending'),
    channel: varchar('channel', { length: 20, enum: CHANNELS }).notNull().default('telegram'),
    /** Fencing token: every claim adds one, every later write carries it. */
    attempt: integer('attempt').notNull().default(0),
    leaseOwner: text('lease_owner'),
    leaseUntil: instant('lease_until'),
    effect: varchar('effect', { length: 40, enum: EFFECTS }),
    effectStartedAt: instant('effect_started_at'),
    webHostedUrl: text('web_hosted_url'),
    webHostedPublicId: text('web_hosted_public_id'),
    telegramChatId: telegramId('telegram_chat_id'),
    telegramMessageId: telegramId('telegram_message_id'),
    telegramDocumentMessageId: telegramId('telegram_document_message_id'),
    sentAt: instant('sent_at'),
    retryCount: integer('retry_count').notNull().default(0),
    maxRetries: integer('max_retries').notNull().default(3),
    nextRetryAt: instant('next_retry_at'),
    lastError: text('last_error'),
    /** The history row whose item this one repeats. */
    retryOf: uuid('retry_of'),
    /** Why the team gets a story that could have published itself; set: it never goes to Instagram any more. */
    fallbackReason: text('fallback_reason'),
    // What a publish that survives a crash must remember (instagram.md §9).
    instagramAccountId: text('instagram_account_id'),
    instagramContainerId: text('instagram_container_id'),
    instagramContainerAt: instant('instagram_container_at'),
    /** Containers made for this story. */
    instagramContainers: integer('instagram_containers').notNull().default(0),
    /** The account's live stories just before the first publish call. */
    instagramBeforeIds: text('instagram_before_ids').array(),
    /** Publish calls that may have acted. */
    instagramSends: integer('instagram_sends').notNull().default(0),
    /** When the last of them began. */
    instagramSentAt: instant('instagram_sent_at'),
    /** When to read (again) what became of a publish call; null: nobody will. */
    reconcileAt: instant('reconcile_at'),
    /** Readings since the last call that say: not published. */
    reconcileReads: integer('reconcile_reads').notNull().default(0),
    /** Reading did not settle it: since then a person is asked. */
    reconcileAskedAt: instant('reconcile_asked_at'),
    createdAt: createdAt(),
    updatedAt: updatedAt(),
  },
  (t) => [
    foreignKey({
      name: 'posting_queue_media_item_fk',
      columns: [t.mediaItemId],
      foreignColumns: [mediaItems.id],
    }).onDelete('restrict'),
    foreignKey({
      name: 'posting_queue_retry_of_fk',
      columns: [t.retryOf],
      foreignColumns: [postingHistory.id],
    }).onDelete('restrict'),
    index('idx_posting_queue_due').on(t.status, t.scheduledFor),
    index('idx_posting_queue_telegram_msg').on(t.telegramChatId, t.telegramMessageId),
    index('idx_posting_queue_reconcile').on(t.reconcileAt).where(sql`reconcile_at is not null`),
    // One publish in flight for an account, and none while it is read what became of the last.
    uniqueIndex('posting_queue_one_publish')
      .on(t.instagramAccountId)
      .where(
        sql`effect = 'instagram_publish' and (status = 'processing' or (status = 'unconfirmed' and reconcile_asked_at is null))`,
      ),
    check('check_queue_status', oneOf('status', QUEUE_STATUSES)),
    check('check_queue_channel', oneOf('channel', CHANNELS)),
    check('check_queue_lease', sql`(status = 'processing') = (lease_owner is not null and lease_until is not null)`),
    check('check_queue_retry', sql`status <> 'retrying' or next_retry_at is not null`),
    check('check_queue_effect', sql`(effect is null) = (effect_started_at is null)`),
    check('check_queue_awaiting', sql`status <> 'awaiting_team' or sent_at is not null`),
  ],
)

/** A lock as it was at one moment. */
export interface LockState {
  /** Null: for ever. */
  lockedUntil: string | null
  lockedAt?: string
  createdByUserId?: string | null
}

/** Of the queue row that went: what the history row does not say and a story that goes on needs. */
export interface SettledItem {
  status: QueueStatus
  attempt: number
  maxRetries: number
  nextRetryAt: string | null
  lastError: string | null
  fallbackReason: string | null
  telegramDocumentMessageId: number | null
  effect: Effect | null
  effectStartedAt: string | null
  instagramSends: number
}

/** What settling changed, so that an undo can be exact. */
export interface Settlement {
  timesPosted?: { from: number; to: number }
  lastPostedAt?: { from: string | null; to: string }
  lock?: { reason: LockReason; from: LockState | null; to: LockState }
  userTotalPosts?: { userId: string }
  item?: SettledItem
  /** Who took it back, as people are shown. */
  undoneBy?: string
}

/** What the media item said when the queue item settled. */
export interface MediaSnapshot {
  file: string
  file_hash: string
  title: string | null
  link_url: string | null
  caption: string | null
  tags: string[]
  category: string | null
  custom_metadata: Record<string, unknown> | null
}

export const postingHistory = pgTable(
  'posting_history',
  {
    id: id(),
    mediaItemId: uuid('media_item_id').notNull(),
    queueItemId: uuid('queue_item_id'),
    storyNumber: integer('story_number'),
    queueCreatedAt: instant('queue_created_at').notNull(),
    queueDeletedAt: instant('queue_deleted_at').notNull(),
    scheduledFor: instant('scheduled_for').notNull(),
    mediaMetadata: jsonb('media_metadata').$type<MediaSnapshot>(),
    slot: text('slot'),
    channel: varchar('channel', { length: 20, enum: CHANNELS }),
    status: varchar('status', { length: 50, enum: HISTORY_STATUSES }).notNull(),
    success: boolean('success').notNull(),
    /** Why it ended like this, in words for people. */
    reason: text('reason'),
    /** Null unless posted. */
    postedAt: instant('posted_at'),
    sentAt: instant('sent_at'),
    instagramMediaId: text('instagram_media_id'),
    instagramPermalink: text('instagram_permalink'),
    postedByUserId: uuid('posted_by_user_id'),
    postedByTelegramUsername: text('posted_by_telegram_username'),
    /** Who settled it, as people are shown: `@sarah`, `Ana`, `operator`; null when Storyline did. */
    settledBy: text('settled_by'),
    errorMessage: text('error_message'),
    retryCount: integer('retry_count').notNull().default(0),
    telegramChatId: telegramId('telegram_chat_id'),
    telegramMessageId: telegramId('telegram_message_id'),
    retryOf: uuid('retry_of'),
    undoneAt: instant('undone_at'),
    settlement: jsonb('settlement').$type<Settlement>().notNull().default({}),
    createdAt: createdAt(),
  },
  (t) => [
    foreignKey({
      name: 'posting_history_media_item_fk',
      columns: [t.mediaItemId],
      foreignColumns: [mediaItems.id],
    }).onDelete('restrict'),
    foreignKey({ name: 'posting_history_user_fk', columns: [t.postedByUserId], foreignColumns: [users.id] }).onDelete(
      'restrict',
    ),
    uniqueIndex('posting_history_queue_item_once').on(t.queueItemId).where(sql`undone_at is null`),
    index('idx_posting_history_created_at').on(t.createdAt),
    index('idx_posting_history_posted_at').on(t.postedAt),
    index('idx_posting_history_scheduled_for').on(t.scheduledFor),
    index('idx_posting_history_slot').on(t.slot),
    index('idx_posting_history_user').on(t.postedByUserId),
    index('idx_posting_history_media_item').on(t.mediaItemId),
    index('idx_posting_history_instagram_id').on(t.instagramMediaId),
    check('check_history_status', oneOf('status', HISTORY_STATUSES)),
    check('check_history_posted_at', sql`(status = 'posted') = (posted_at is not null)`),
    check('check_history_success', sql`success = (status = 'posted')`),
  ],
)

/** Messages that carry or carried buttons of a queue item, so that settling edits them all, also after a crash. */
export const telegramCards = pgTable(
  'telegram_cards',
  {
    id: id(),
    queueItemId: uuid('queue_item_id').notNull(),
    /** `card`: in the team's chat; `question`: the admin chat's "was it sent?". */
    kind: varchar('kind', { length: 20, enum: ['card', 'question'] }).notNull(),
    chatId: telegramId('chat_id').notNull(),
    messageId: telegramId('message_id').notNull(),
    /** The item is settled but this message does not show it yet: when to try the edit (again). */
    editDueAt: instant('edit_due_at'),
    editAttempts: integer('edit_attempts').notNull().default(0),
    createdAt: createdAt(),
  },
  (t) => [
    unique('telegram_cards_message').on(t.chatId, t.messageId),
    index('idx_telegram_cards_item').on(t.queueItemId),
    index('idx_telegram_cards_edit_due').on(t.editDueAt).where(sql`edit_due_at is not null`),
    check('check_card_kind', oneOf('kind', ['card', 'question'])),
  ],
)

export const serviceRuns = pgTable(
  'service_runs',
  {
    id: id(),
    serviceName: varchar('service_name', { length: 100 }).notNull(),
    methodName: varchar('method_name', { length: 100 }).notNull(),
    userId: uuid('user_id').references(() => users.id),
    triggeredBy: varchar('triggered_by', { length: 50 }).notNull().default('system'),
    startedAt: instant('started_at').notNull().defaultNow(),
    completedAt: instant('completed_at'),
    durationMs: integer('duration_ms'),
    status: varchar('status', { length: 50, enum: ['running', 'completed', 'failed'] })
      .notNull()
      .default('running'),
    success: boolean('success'),
    resultSummary: jsonb('result_summary'),
    errorMessage: text('error_message'),
    errorType: varchar('error_type', { length: 100 }),
    stackTrace: text('stack_trace'),
    inputParams: jsonb('input_params'),
    metadata: jsonb('metadata'),
    createdAt: createdAt(),
  },
  (t) => [
    index('idx_service_runs_service').on(t.serviceName, t.startedAt),
    index('idx_service_runs_started').on(t.startedAt),
    index('idx_service_runs_status').on(t.status),
    index('idx_service_runs_user').on(t.userId),
    check('check_service_run_status', oneOf('status', ['running', 'completed', 'failed'])),
  ],
)

/** Reasons why a media item must not be chosen; they hold for every copy of its content hash. */
export const mediaPostingLocks = pgTable(
  'media_posting_locks',
  {
    id: id(),
    mediaItemId: uuid('media_item_id').notNull(),
    lockedAt: instant('locked_at').notNull().defaultNow(),
    /** Null: for ever. */
    lockedUntil: instant('locked_until'),
    lockReason: varchar('lock_reason', { length: 100, enum: LOCK_REASONS }).notNull().default('recent_post'),
    createdByUserId: uuid('created_by_user_id').references(() => users.id),
    createdAt: createdAt(),
  },
  (t) => [
    foreignKey({
      name: 'media_posting_locks_media_item_fk',
      columns: [t.mediaItemId],
      foreignColumns: [mediaItems.id],
    }).onDelete('restrict'),
    uniqueIndex('media_posting_locks_one_a_reason').on(t.mediaItemId, t.lockReason),
    index('idx_media_locks_until').on(t.lockedUntil),
    index('idx_media_locks_created_by').on(t.createdByUserId),
    check('check_lock_reason', oneOf('lock_reason', LOCK_REASONS)),
  ],
)

/** One row per subject that is or was in trouble (SPEC §12); `notice` is the message that still has to go out. */
export const alerts = pgTable(
  'alerts',
  {
    subject: text('subject').primaryKey(),
    severity: varchar('severity', { length: 20, enum: ['warning', 'critical'] }).notNull(),
    state: varchar('state', { length: 20, enum: ['open', 'resolved'] }).notNull(),
    /** What is wrong, in words for people. */
    summary: text('summary').notNull(),
    /** What to do about it. */
    fix: text('fix'),
    queueItemId: uuid('queue_item_id'),
    since: instant('since').notNull().defaultNow(),
    resolvedAt: instant('resolved_at'),
    notice: varchar('notice', { length: 20, enum: ['open', 'resolved'] }),
    noticeLeaseUntil: instant('notice_lease_until'),
    noticeAttempts: integer('notice_attempts').notNull().default(0),
    /** Whether the admin chat was told that it is open; only then is "resolved" worth a message. */
    announced: boolean('announced').notNull().default(false),
    updatedAt: updatedAt(),
  },
  (t) => [
    index('idx_alerts_notice').on(t.since).where(sql`notice is not null`),
    index('idx_alerts_open').on(t.since).where(sql`state = 'open'`),
    check('check_alert_severity', oneOf('severity', ['warning', 'critical'])),
    check('check_alert_state', oneOf('state', ['open', 'resolved'])),
    check('check_alert_notice', sql`notice is null or notice in ('open', 'resolved')`),
  ],
)

/** When each long-lived or recurring job last did its work. */
export const heartbeats = pgTable('heartbeats', {
  name: text('name').primaryKey(),
  beatAt: instant('beat_at').notNull().defaultNow(),
  detail: jsonb('detail').$type<Record<string, unknown>>(),
})

/** Updates whose effect is committed: a re-delivered one changes nothing. */
export const telegramUpdates = pgTable(
  'telegram_updates',
  {
    updateId: bigint('update_id', { mode: 'number' }).primaryKey(),
    processedAt: instant('processed_at').notNull().defaultNow(),
  },
  (t) => [index('idx_telegram_updates_processed_at').on(t.processedAt)],
)

/** What Storyline learned about chats: the numeric id of a @name, and the new id of an upgraded group. */
export const telegramChats = pgTable('telegram_chats', {
  /** A chat id or @name as configured or used before. */
  reference: text('reference').primaryKey(),
  chatId: telegramId('chat_id').notNull(),
  updatedAt: updatedAt(),
})

/** Nobody calls `subject` before `until`: shared by all processes. */
export const apiLimits = pgTable('api_limits', {
  subject: text('subject').primaryKey(),
  until: instant('until').notNull(),
  reason: text('reason').notNull(),
  /** Limits in a row, for waits that double. */
  strikes: integer('strikes').notNull().default(0),
})

/** What an account may still publish, as its API said last. */
export const apiQuotas = pgTable('api_quotas', {
  subject: text('subject').primaryKey(),
  used: integer('used').notNull(),
  total: integer('total').notNull(),
  readAt: instant('read_at').notNull().defaultNow(),
})

/** Pictures at a public address. The row is committed before the upload and goes when the file is gone. */
export const hostedFiles = pgTable(
  'hosted_files',
  {
    provider: varchar('provider', { length: 20, enum: HOSTS }).notNull(),
    /** Cloudinary's `public_id`, the store's key. */
    key: text('key').notNull(),
    queueItemId: uuid('queue_item_id').notNull(),
    createdAt: createdAt(),
    /** Null: the upload's answer was never heard; the file may still appear. */
    uploadedAt: instant('uploaded_at'),
    /** When to delete it (again); null while its story needs it. */
    deleteDueAt: instant('delete_due_at'),
    deleteAttempts: integer('delete_attempts').notNull().default(0),
    lastError: text('last_error'),
  },
  (t) => [
    primaryKey({ columns: [t.provider, t.key] }),
    index('idx_hosted_files_item').on(t.queueItemId),
    index('idx_hosted_files_delete_due').on(t.deleteDueAt).where(sql`delete_due_at is not null`),
    check('check_hosted_provider', oneOf('provider', HOSTS)),
  ],
)

/** What stands beside a stored token, in clear. */
export interface SecretDetails {
  accountId?: string
  username?: string
  pageId?: string
  pageName?: string
  login?: 'facebook' | 'instagram'
  scopes?: string[]
}

/** Tokens that were refreshed or connected: AES-256-GCM under STORYLINE_SECRET_KEY. */
export const storedSecrets = pgTable('stored_secrets', {
  name: text('name').primaryKey(),
  /** Which key it was sealed with. */
  keyId: text('key_id').notNull(),
  /** Nonce, tag and ciphertext, base64. */
  sealed: text('sealed').notNull(),
  details: jsonb('details').$type<SecretDetails>().notNull().default({}),
  /** Fingerprint of the environment's token when this one was stored: another seed there wins. */
  seed: text('seed'),
  /** Null: never, or unknown. */
  expiresAt: instant('expires_at'),
  issuedAt: instant('issued_at'),
  updatedAt: updatedAt(),
})

/** Who stopped posting, why and for how long; the row without `resumedAt` holds now. */
export const pauses = pgTable(
  'pauses',
  {
    id: id(),
    pausedAt: instant('paused_at').notNull().defaultNow(),
    /** As people are shown. */
    pausedBy: text('paused_by').notNull(),
    reason: text('reason'),
    resumedAt: instant('resumed_at'),
    resumedBy: text('resumed_by'),
    /** What became of overdue stories: `send`, `replan` or `drop`. */
    resumedHow: text('resumed_how'),
  },
  () => [uniqueIndex('pauses_one_open').on(sql`(resumed_at is null)`).where(sql`resumed_at is null`)],
)

/** Backups that were finished, by name; what lies in BACKUP_DIR is the truth, this is what is known of it. */
export const backups = pgTable(
  'backups',
  {
    name: text('name').primaryKey(),
    /** `full`, `database`, `media`, `config`. */
    kind: varchar('kind', { length: 20 }).notNull(),
    location: text('location').notNull(),
    sizeBytes: bigint('size_bytes', { mode: 'number' }).notNull(),
    createdAt: createdAt(),
    /** When it was last restored on trial; null: never. */
    verifiedAt: instant('verified_at'),
    /** Whether that trial succeeded. */
    isGood: boolean('is_good'),
    /** What was wrong with it. */
    problem: text('problem'),
    /** Retention took it away. */
    removedAt: instant('removed_at'),
  },
  (t) => [index('idx_backups_created_at').on(t.createdAt)],
)

/** Every change of a row of `config`. */
export const configChanges = pgTable(
  'config_changes',
  {
    id: id(),
    key: varchar('key', { length: 100 }).notNull(),
    /** Null: it was not set. */
    oldValue: text('old_value'),
    /** Null: it was removed. */
    newValue: text('new_value'),
    changedBy: text('changed_by').notNull(),
    changedAt: instant('changed_at').notNull().defaultNow(),
  },
  (t) => [index('idx_config_changes_key').on(t.key, t.changedAt)],
)

/** Set by somebody, or absent (SPEC §13): starts empty. */
export const config = pgTable('config', {
  key: varchar('key', { length: 100 }).primaryKey(),
  value: text('value').notNull(),
  description: text('description'),
  updatedAt: updatedAt(),
})

export const shopifyProducts = pgTable(
  'shopify_products',
  {
    id: id(),
    shopifyProductId: bigint('shopify_product_id', { mode: 'number' }).notNull(),
    title: text('title').notNull(),
    handle: text('handle').notNull(),
    productUrl: text('product_url').notNull(),
    price: numeric('price', { precision: 10, scale: 2 }),
    compareAtPrice: numeric('compare_at_price', { precision: 10, scale: 2 }),
    description: text('description'),
    productType: varchar('product_type', { length: 100 }),
    vendor: varchar('vendor', { length: 100 }),
    tags: text('tags').array(),
    isActive: boolean('is_active').notNull().default(true),
    publishedAt: instant('published_at'),
    version: integer('version').notNull().default(1),
    validFrom: instant('valid_from').notNull().defaultNow(),
    /** Null: the current version. */
    validTo: instant('valid_to'),
    isCurrent: boolean('is_current').notNull().default(true),
    createdAt: createdAt(),
    updatedAt: updatedAt(),
  },
  (t) => [
    uniqueIndex('unique_current_product').on(t.shopifyProductId).where(sql`is_current`),
    index('idx_shopify_products_handle').on(t.handle).where(sql`is_current`),
    index('idx_shopify_products_version').on(t.shopifyProductId, t.version),
  ],
)

export const mediaProductLinks = pgTable(
  'media_product_links',
  {
    id: id(),
    mediaItemId: uuid('media_item_id').notNull(),
    shopifyProductId: uuid('shopify_product_id').notNull(),
    isPrimary: boolean('is_primary').notNull().default(false),
    displayOrder: integer('display_order').notNull().default(0),
    createdAt: createdAt(),
  },
  (t) => [
    foreignKey({
      name: 'media_product_links_media_item_fk',
      columns: [t.mediaItemId],
      foreignColumns: [mediaItems.id],
    }).onDelete('restrict'),
    foreignKey({
      name: 'media_product_links_product_fk',
      columns: [t.shopifyProductId],
      foreignColumns: [shopifyProducts.id],
    }).onDelete('restrict'),
    unique('unique_media_product').on(t.mediaItemId, t.shopifyProductId),
    index('idx_media_product_links_product').on(t.shopifyProductId),
  ],
)

export const instagramPostMetrics = pgTable(
  'instagram_post_metrics',
  {
    id: id(),
    postingHistoryId: uuid('posting_history_id').notNull(),
    instagramMediaId: text('instagram_media_id').notNull(),
    impressions: integer('impressions').notNull().default(0),
    reach: integer('reach').notNull().default(0),
    replies: integer('replies').notNull().default(0),
    tapsForward: integer('taps_forward').notNull().default(0),
    tapsBack: integer('taps_back').notNull().default(0),
    exits: integer('exits').notNull().default(0),
    linkClicks: integer('link_clicks').notNull().default(0),
    fetchedAt: instant('fetched_at').notNull().defaultNow(),
    createdAt: createdAt(),
  },
  (t) => [
    foreignKey({
      name: 'instagram_post_metrics_history_fk',
      columns: [t.postingHistoryId],
      foreignColumns: [postingHistory.id],
    }).onDelete('restrict'),
    unique('unique_metric_fetch').on(t.postingHistoryId, t.fetchedAt),
    index('idx_instagram_metrics_media_id').on(t.instagramMediaId),
  ],
)
