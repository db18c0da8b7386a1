import type { IncomingMessage, ServerResponse } from 'node:http'
import { planCloudinaryCall, planDelivery } from './cloudinary.ts'
import { type FaultBox, passHold, type Trouble, takeFault } from './faults.ts'
import { planS3Call } from './s3.ts'
import type { Answer, HostCall, ReceivedRequest, World } from './types.ts'

/** Between two bytes of an answer that dribbles. */
const DRIBBLE_MS = 20

export async function handleRequest(
  world: World,
  box: FaultBox,
  message: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  try {
    const request = await receive(message, paceOf(box, message))
    const plan = planCloudinaryCall(world, request) ?? planS3Call(world, request) ?? planDelivery(world, request)
    if (!plan) {
      world.violations.push(`unknown address: ${request.method} ${request.path}`)
      return send(response, { status: 404, body: '' })
    }
    const { provider, action, key } = plan
    const call: HostCall = { provider, action, key, status: null }
    world.calls.push(call)
    const trouble = takeFault(box, call, 'call')
    await passHold(box, call, 'before')
    if (trouble && (await strike(trouble, response, call))) return
    const answer = plan.act()
    await passHold(box, call, 'after')
    if (trouble === 'effect_then_hang') return
    if (trouble === 'effect_then_reset') return void message.socket.resetAndDestroy()
    call.status = answer.status
    send(response, answer)
  } catch (error) {
    if (!message.complete) return
    world.violations.push(`the fake failed: ${error instanceof Error ? error.stack : String(error)}`)
    response.destroy()
  }
}

/** How fast the body of an upload is read, in bytes per second. */
function paceOf(box: FaultBox, { method, url = '' }: IncomingMessage): number {
  const isCloudinary = /^\/v1_1\/[^/]+\/image\/upload$/.test(url)
  const provider = isCloudinary ? 'cloudinary' : 's3'
  const isUpload = isCloudinary || (method === 'PUT' && url.startsWith('/s3/'))
  const trouble = isUpload ? takeFault(box, { provider, action: 'upload' }, 'reading') : undefined
  return typeof trouble === 'object' && 'bytesPerSecond' in trouble ? trouble.bytesPerSecond : Number.POSITIVE_INFINITY
}

const sleep = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms))

async function receive(message: IncomingMessage, bytesPerSecond: number): Promise<ReceivedRequest> {
  const chunks: Buffer[] = []
  for await (const chunk of message as AsyncIterable<Buffer>) {
    chunks.push(chunk)
    if (bytesPerSecond < Number.POSITIVE_INFINITY) await sleep((chunk.length / bytesPerSecond) * 1000)
  }
  const [path = '', ...query] = (message.url ?? '').split('?')
  const headers = Object.fromEntries(Object.entries(message.headers).map(([name, value]) => [name, String(value)]))
  return { method: message.method ?? '', path, query: query.join('?'), headers, body: Buffer.concat(chunks) }
}

/** The part of a trouble that comes before the effect; true when nothing else happens. */
async function strike(trouble: Trouble, response: ServerResponse, call: HostCall): Promise<boolean> {
  if (trouble === 'hang') return true
  if (trouble === 'reset') {
    response.socket?.resetAndDestroy()
    return true
  }
  if (trouble === 'dribble') {
    dribble(response)
    return true
  }
  if (typeof trouble === 'string') return false
  if ('delayMs' in trouble) await sleep(trouble.delayMs)
  if (!('status' in trouble)) return false
  call.status = trouble.status
  send(response, trouble)
  return true
}

function dribble(response: ServerResponse): void {
  response.writeHead(200, { 'content-type': 'application/json' })
  const timer = setInterval(() => response.write(' '), DRIBBLE_MS)
  response.on('close', () => clearInterval(timer))
}

function send(response: ServerResponse, { status, headers = {}, body }: Answer): void {
  response.writeHead(status, { ...headers, 'content-length': Buffer.byteLength(body) }).end(body)
}
