// Loaded before a node (`node --import`): its clock is off by CLOCK_SHIFT_MS, as far as JavaScript can see it. Timers run as ever.
const shift = Number(process.env.CLOCK_SHIFT_MS);
if (!Number.isFinite(shift)) throw new Error('CLOCK_SHIFT_MS must be a number');

const RealDate = Date;
const now = () => RealDate.now() + shift;
globalThis.Date = new Proxy(RealDate, {
  construct: (target, given, newTarget) => Reflect.construct(target, given.length === 0 ? [now()] : given, newTarget),
  apply: () => new RealDate(now()).toString(),
  get: (target, member, receiver) => (member === 'now' ? now : Reflect.get(target, member, receiver)),
});
