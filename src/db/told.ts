// Takes out of an error what its statement was given, before it is logged or kept: texts that are not public, digests of passwords, secrets
// of webhooks, of which drizzle has all in its message. It leaves the statement and what Postgres said.
import { DrizzleQueryError } from 'drizzle-orm/errors';
import type { TaskList } from 'graphile-worker';

/** In place, so that whatever tells of it later, by its message or its stack, has no more. */
export function withoutValues<Thrown>(thrown: Thrown): Thrown {
  for (let error: unknown = thrown; error instanceof Error; error = error.cause) {
    if (!(error instanceof DrizzleQueryError)) continue;
    const [told, kept] = [error.message, `Failed query: ${error.query}`];
    error.message = kept;
    error.stack &&= error.stack.replace(told, () => kept);
    error.params = [];
  }
  return thrown;
}

/** graphile-worker logs why a job failed, and keeps it beside the job. */
export const tellingNoValues = (tasks: TaskList): TaskList =>
  Object.fromEntries(
    Object.entries(tasks).map(([name, task]): [string, typeof task] => [
      name,
      async (payload, helpers) => {
        try {
          return await task?.(payload, helpers);
        } catch (error) {
          throw withoutValues(error);
        }
      },
    ]),
  );
