// What makes a body unreadable as a whole; whatever can be read in part is a warning instead.

export type BodyProblemCode =
  | 'ill_formed_text'
  | 'too_large'
  | 'too_many_blocks'
  | 'too_deep'
  | 'too_slow'
  | 'unreadable'
  | 'busy';

/** Thrown by readBody. `path` is a JSON Pointer (RFC 6901) into the body that was sent. `busy` is the only code that is not the body's fault. */
export class BodyProblem extends Error {
  readonly code: BodyProblemCode;
  readonly path: string;

  constructor(code: BodyProblemCode, path: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'BodyProblem';
    this.code = code;
    this.path = path;
  }
}
