import { formatDuration } from '../output/time.ts'

/** `1 story`, `3 stories`. */
export function counted(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`
}

/** `3 minutes`. */
export const duration = (seconds: number): string => formatDuration(seconds * 1000)

export const isAre = (count: number): string => (count === 1 ? 'is' : 'are')
