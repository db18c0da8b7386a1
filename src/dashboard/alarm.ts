/** Something to wait for that can be rung before its time. A ring that nobody waits for is remembered. */
export interface Alarm {
  ring(): void
  /** Forgets a ring that nobody waited for. */
  silence(): void
  /** True: it was rung; false: the time is over. */
  wait(ms: number): Promise<boolean>
}

export function createAlarm(): Alarm {
  let isRung = false
  let wake: (() => void) | undefined
  return {
    ring: () => {
      isRung = true
      wake?.()
    },
    silence: () => {
      isRung = false
    },
    wait: (ms) =>
      new Promise((resolve) => {
        const finish = () => {
          clearTimeout(timer)
          wake = undefined
          resolve(isRung)
          isRung = false
        }
        const timer = setTimeout(finish, ms)
        wake = finish
        if (isRung) finish()
      }),
  }
}
