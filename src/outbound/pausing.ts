// For how long a receiver that fails is left alone. It looks at no clock.

/** A receiver that fails so often in a row is asked by one message at a time, and left alone in between. */
export const FAILING_AFTER = 3;
/** Seconds. */
const [FIRST_PAUSE, LONGEST_PAUSE] = [20, 300];

/**
 * A receiver that hangs costs 15 s of one of the slots that all share. With these pauses it takes 5 % of one, and a message is not
 * put off by them beyond its own schedule. @returns seconds
 */
export const pauseAfter = (failures: number): number =>
  failures < FAILING_AFTER ? 0 : Math.min(FIRST_PAUSE * 2 ** Math.min(failures - FAILING_AFTER, 10), LONGEST_PAUSE);
