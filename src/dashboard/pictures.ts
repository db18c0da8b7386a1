import type { Context } from '../context.ts'
import { chooseBlockColour } from '../output/terminal-picture.ts'
import type { Size } from './state.ts'
import type { Picture } from './views/details.ts'

/** Drawings of pictures, made when somebody stays on one and kept for when he comes back. */
export interface Pictures {
  /** What there is of it now. */
  peek(path: string | null, room: Size): Picture
  /** Draws it when somebody stays on it, and calls `onDrawn`. Null: nothing is looked at. */
  want(path: string | null, room: Size): void
  /** Files may have changed. */
  forget(): void
  stop(): void
}

/** Nobody looks at what the selection only passes. */
const REST_MS = 120
const MAX_KEPT = 60

export function createPictures({ env, out }: Pick<Context, 'env' | 'out'>, onDrawn: () => void): Pictures {
  const colour = chooseBlockColour({ env, color: out.color })
  const kept = new Map<string, Picture>()
  let wanted: string | null = null
  let timer: NodeJS.Timeout | undefined
  let isDrawing = false

  const keep = (key: string, picture: Picture) => {
    kept.set(key, picture)
    const [oldest] = kept.keys()
    if (kept.size > MAX_KEPT && oldest !== undefined) kept.delete(oldest)
    onDrawn()
  }

  /** One at a time: a small machine has better things to do. */
  const draw = async (key: string, path: string, room: Size) => {
    isDrawing = true
    const { drawThumbnail } = await import('../media/render-thumbnail.ts')
    const drawn = await drawThumbnail(path, { columns: room.columns, rows: room.rows, colour })
    isDrawing = false
    keep(key, 'problem' in drawn ? { kind: 'problem', ...drawn } : { kind: 'drawn', ...drawn })
  }

  return {
    peek: (path, room) => (path === null ? { kind: 'none' } : (kept.get(keyOf(path, room)) ?? { kind: 'drawing' })),
    want: (path, room) => {
      const key = path === null ? null : keyOf(path, room)
      if (key === wanted) return
      wanted = key
      clearTimeout(timer)
      if (path === null || key === null || kept.has(key)) return
      const whenFree = () => {
        if (isDrawing) timer = setTimeout(whenFree, REST_MS)
        else if (!kept.has(key)) void draw(key, path, room)
      }
      timer = setTimeout(whenFree, REST_MS)
    },
    forget: () => {
      wanted = null
      kept.clear()
    },
    stop: () => clearTimeout(timer),
  }
}

const keyOf = (path: string, { columns, rows }: Size) => `${columns}×${rows} ${path}`
