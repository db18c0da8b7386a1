import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { addFault, addHold, createFaultBox, type Fault, type Hold, type When } from './fake-telegram/faults.ts'
import { createLedger, findDuplicateSends, waitForCalls } from './fake-telegram/ledger.ts'
import { type PressOptions, press, type SayOptions, say } from './fake-telegram/people.ts'
import { handleRequest, type Server } from './fake-telegram/server.ts'
import type { CallRecord, ChatOptions, FakeMessage, Params } from './fake-telegram/types.ts'
import { pushUpdate } from './fake-telegram/updates.ts'
import { createWorld, type Press, setChat } from './fake-telegram/world.ts'

export type { Fault } from './fake-telegram/faults.ts'

export interface FakeTelegramOptions {
  token?: string
  /** A path in front of `/bot…`, e.g. `/telegram`. */
  pathPrefix?: string
  /** How long a press may wait for its answer, in seconds. Default 15. */
  queryWindowSeconds?: number
  /** Chats that exist from the start; others are "chat not found". */
  chats?: readonly ChatOptions[]
}

/** A Bot API on 127.0.0.1, as strict as the real one, for this process and for the commands that a test starts. */
export interface FakeTelegram {
  /** For TELEGRAM_API_ROOT. */
  url: string
  /** For TELEGRAM_BOT_TOKEN. */
  token: string
  botId: number
  close(): Promise<void>
  /** Makes a chat known, or changes it: kicked, blocked, migrated, members. */
  setChat(chat: ChatOptions): void
  /** The messages as people see them now, of one chat or of all. */
  messages(chatId?: number): FakeMessage[]
  /** Makes a message older (48 h rule of deleteMessage). */
  ageMessage(chatId: number, messageId: number, seconds: number): void
  /** Calls in the order of arrival, of one method or of all. */
  calls(method?: string): CallRecord[]
  /** Resolves with the ended calls of a method once there are `count`. Default 10 s. */
  waitForCalls(method: string, count?: number, timeoutSeconds?: number): Promise<CallRecord[]>
  /** Everything that was wrong with the calls themselves. A test ends with `expect(fake.violations()).toEqual([])`. */
  violations(): string[]
  /** Groups of sends that took effect more than once with the same content, by sequence number. */
  duplicateSends(): number[][]
  /** Calls to a chat before the `retry_after` of its 429 was over. */
  earlyCalls(): string[]
  press(options: PressOptions): { queryId: string; updateId: number | undefined }
  /** Every press with the answer it got. */
  presses(): Press[]
  unansweredPresses(): Press[]
  say(options: SayOptions): { messageId: number; updateId: number | undefined }
  /** Queues any other update, e.g. `{ my_chat_member: … }`. */
  pushUpdate(fields: Params): number | undefined
  /** Updates that getUpdates has not confirmed yet. */
  pendingUpdates(): Params[]
  /** What setMyCommands left. */
  commands(): Params[]
  fault(fault: Fault): void
  clearFaults(): void
  /** Holds the next call of a method before or after its effect. Default `after`. */
  hold(method: string, when?: When): Hold
}

const DEFAULT_TOKEN = '1234567890:AAtest-Token_of-the-fake-server-000'

export async function startFakeTelegram(options: FakeTelegramOptions = {}): Promise<FakeTelegram> {
  const { token = DEFAULT_TOKEN, pathPrefix = '', queryWindowSeconds = 15, chats = [] } = options
  const world = createWorld(Number.parseInt(token, 10), queryWindowSeconds)
  const server: Server = { token, pathPrefix, world, ledger: createLedger(), box: createFaultBox() }
  for (const chat of chats) setChat(world, chat)
  const http = createServer((request, response) => void handleRequest(server, request, response))
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve))
  const { port } = http.address() as AddressInfo
  const close = () =>
    new Promise<void>((resolve) => {
      http.close(() => resolve())
      http.closeAllConnections()
    })
  return {
    url: `http://127.0.0.1:${port}${pathPrefix}`,
    token,
    botId: world.botId,
    close,
    ...observers(server),
    ...controls(server),
  }
}

function observers({ world, ledger }: Server) {
  const presses = () => [...world.presses.values()]
  return {
    messages: (chatId?: number) =>
      structuredClone(
        [...world.chats.values()]
          .filter(({ id }) => chatId === undefined || id === chatId)
          .flatMap((chat) => [...chat.messages.values()]),
      ),
    calls: (method?: string) => ledger.calls.filter((call) => method === undefined || call.method === method),
    waitForCalls: (method: string, count = 1, timeoutSeconds = 10) =>
      waitForCalls(ledger, method, count, timeoutSeconds),
    violations: () =>
      ledger.calls.flatMap((call) => call.violations.map((text) => `#${call.seq} ${call.method}: ${text}`)),
    duplicateSends: () => findDuplicateSends(ledger),
    earlyCalls: () => [...ledger.earlyCalls],
    presses,
    unansweredPresses: () => presses().filter((item) => item.answeredAtMs === undefined),
    pendingUpdates: () => world.updates.pending.map((item) => item.update),
    commands: () => world.commands,
  }
}

function controls({ world, box }: Server) {
  return {
    setChat: (chat: ChatOptions) => setChat(world, chat),
    ageMessage: (chatId: number, messageId: number, seconds: number) => {
      const message = world.chats.get(chatId)?.messages.get(messageId)
      if (!message) throw new Error(`No message ${messageId} in chat ${chatId}`)
      message.sentAtMs -= seconds * 1000
    },
    press: (options: PressOptions) => press(world, options),
    say: (options: SayOptions) => say(world, options),
    pushUpdate: (fields: Params) => pushUpdate(world.updates, fields),
    fault: (fault: Fault) => addFault(box, fault),
    clearFaults: () => {
      box.faults = []
    },
    hold: (method: string, when: When = 'after') => addHold(box, method, when),
  }
}
