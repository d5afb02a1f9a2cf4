// The catalogue of every problem the API can answer (RFC 9457); it refuses problems that are not listed here.

export interface ProblemDetail {
  /** RFC 6901 JSON Pointer into the request body. */
  pointer?: string;
  /** Name of the query, path or header parameter. */
  parameter?: string;
  code: string;
  message: string;
}

const catalogue = {
  validation_failed: [400, 'The request is not valid'],
  malformed_json: [400, 'The request body is not valid JSON'],
  invalid_cursor: [400, 'The cursor is not valid here'],
  unknown_locale: [400, 'The newsroom does not publish in this locale'],
  unknown_reference: [400, 'The request names something that does not exist'],
  bad_request: [400, 'The request cannot be understood'],
  unauthorized: [401, 'A valid API key or access token is required'],
  sign_in_failed: [401, 'This does not sign you in'],
  forbidden: [403, 'You lack the right to do this'],
  not_entitled: [403, 'Your partner key does not cover this'],
  not_syndicatable: [403, 'This story may not be republished'],
  not_found: [404, 'Not found'],
  method_not_allowed: [405, 'This method is not allowed here'],
  not_acceptable: [406, 'It is not to be had in the form that Accept asks for'],
  request_timeout: [408, 'The request took too long to arrive'],
  conflict: [409, 'The request conflicts with what is there'],
  slug_taken: [409, 'This slug is taken in this locale'],
  key_taken: [409, 'This key is taken'],
  locked: [409, 'Somebody else has this open'],
  in_use: [409, 'This is still in use'],
  idempotency_in_flight: [409, 'A request with this Idempotency-Key is being answered'],
  bulk_refused: [409, 'One of the operations was refused, and so none was done'],
  gone: [410, 'No longer available'],
  token_expired: [410, 'The token is from before what is kept; start anew without it'],
  version_mismatch: [412, 'It has been changed since the version you name'],
  payload_too_large: [413, 'The request body is too large'],
  uri_too_long: [414, 'The request URI is too long'],
  unsupported_media_type: [415, 'This media type is not supported here'],
  idempotency_mismatch: [422, 'This Idempotency-Key was used for another request'],
  precondition_required: [428, 'If-Match is required'],
  too_many_requests: [429, 'Too many requests'],
  headers_too_large: [431, 'The request headers are too large'],
  internal_error: [500, 'Something went wrong on our side'],
  not_implemented: [501, 'This form is not offered'],
  service_unavailable: [503, 'The service is unavailable at the moment'],
} as const satisfies Record<string, readonly [number, string]>;

export type ProblemCode = keyof typeof catalogue;
export const PROBLEM_CODES = Object.keys(catalogue) as ProblemCode[];

export interface ProblemOptions {
  detail?: string;
  errors?: ProblemDetail[];
  /** Further members of the problem document (RFC 9457 section 3.2). */
  extra?: Record<string, unknown>;
  headers?: Record<string, string>;
  cause?: unknown;
}

export class Problem extends Error {
  override name = 'Problem';
  readonly code: ProblemCode;
  readonly statusCode: number;
  readonly options: ProblemOptions;

  constructor(code: ProblemCode, options: ProblemOptions = {}) {
    super(options.detail ?? catalogue[code][1], { cause: options.cause });
    this.code = code;
    this.statusCode = catalogue[code][0];
    this.options = options;
  }

  /** The body of the answer, media type application/problem+json. */
  toDocument(traceId: string): Record<string, unknown> {
    return {
      type: `urn:dateline:problem:${this.code}`,
      title: catalogue[this.code][1],
      status: this.statusCode,
      code: this.code,
      ...(this.options.detail ? { detail: this.options.detail } : {}),
      ...(this.options.errors ? { errors: this.options.errors } : {}),
      ...this.options.extra,
      traceId,
    };
  }
}

export type Where = { pointer: string } | { parameter: string };

/** A single wrong parameter or member, as a 400. */
export const invalid = (where: Where, message: string, code = 'invalid'): Problem =>
  new Problem('validation_failed', { errors: [{ ...where, code, message }] });

/** A single one that names what does not exist, or is not to be named there. */
export const unknownReference = (where: Where, message: string, code = 'unknown'): Problem =>
  new Problem('unknown_reference', { errors: [{ ...where, code, message }] });

export const scopeNeeded = (scope: string): Problem =>
  new Problem('forbidden', { detail: `This needs the scope ${scope}.`, extra: { scope } });

/** Without arguments for the parameter `locale` of public reads. */
export const unknownLocale = (
  where: Where = { parameter: 'locale' },
  message = 'no locale or alias of this newsroom; see /v1/locales',
): Problem => new Problem('unknown_locale', { errors: [{ ...where, code: 'unknown', message }] });
