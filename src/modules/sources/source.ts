// A file of stories, which may be read more than once.

export interface Source {
  /** From its first byte, each time. */
  open(): AsyncIterable<Uint8Array>;
}
