import { readFileSync } from 'node:fs'

// Loaded with --import before a storyline process: its clock is as many milliseconds off as the file says, now.
const { STORYLINE_TEST_CLOCK: file } = process.env
const RealDate = Date
const shifted = () => RealDate.now() + Number(readFileSync(file, 'utf8'))

globalThis.Date = new Proxy(RealDate, {
  construct: (target, given, newTarget) =>
    Reflect.construct(target, given.length === 0 ? [shifted()] : given, newTarget === Date ? target : newTarget),
  apply: () => new RealDate(shifted()).toString(),
  get: (target, name) => (name === 'now' ? shifted : Reflect.get(target, name)),
})
