// What is loaded once, when it is first needed, and kept. What could not be loaded is not kept: whoever asks next has it tried anew.

/** A promise that was kept for good told every later request of one moment at which no file could be opened. */
export function loadOnce<T>(load: () => Promise<T>): () => Promise<T> {
  let loading: Promise<T> | undefined;
  return () => {
    loading ??= load().catch((error: unknown) => {
      loading = undefined;
      throw error;
    });
    return loading;
  };
}
