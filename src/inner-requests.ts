// Which requests are answered within another one: they belong to a request that came before, and go on while the node stops.
const inner = new WeakSet<object>();
export const markInner = (request: object): void => void inner.add(request);
export const isInner = (request: object): boolean => inner.has(request);
