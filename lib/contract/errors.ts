/**
 * Errors the API and the console show. `error` is one sentence for the caller, `details` names the field or the fix.
 * Codes are ours; the wire carries only `{ error, details? }` (the vendor's ErrorResponse).
 */
const errorStatuses = {
  invalid_request: 400,
  unauthenticated: 401,
  forbidden: 403,
  not_found: 404,
  method_not_allowed: 405,
  conflict: 409,
  too_large: 413,
  unsupported_media_type: 415,
  rate_limited: 429,
  internal: 500,
  not_implemented: 501,
  provider_unreachable: 502,
  unavailable: 503,
} as const;

export type ErrorCode = keyof typeof errorStatuses;

export interface FieldProblem {
  /** dotted path in the input, e.g. `metadata.bucket` */
  readonly path: string;
  readonly message: string;
}

export interface AppErrorOptions {
  readonly details?: string;
  readonly fields?: readonly FieldProblem[];
  readonly retryAfterSeconds?: number;
  /** HTTP status when it differs from the code's own, e.g. 401 from a bucket */
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** logged (redacted), never sent */
  readonly cause?: unknown;
}

/** The only error whose text reaches a caller. Anything else becomes a plain 500. */
export class AppError extends Error {
  readonly code: ErrorCode;
  readonly status: number;
  readonly details: string | undefined;
  readonly fields: readonly FieldProblem[];
  readonly retryAfterSeconds: number | undefined;
  readonly headers: Readonly<Record<string, string>>;

  constructor(code: ErrorCode, message: string, options: AppErrorOptions = {}) {
    super(message, { cause: options.cause });
    this.name = "AppError";
    this.code = code;
    this.status = options.status ?? errorStatuses[code];
    this.fields = options.fields ?? [];
    this.details =
      options.details ??
      (this.fields.length
        ? this.fields.map((f) => (f.path ? `${f.path}: ${f.message}` : f.message)).join("; ")
        : undefined);
    this.retryAfterSeconds = options.retryAfterSeconds;
    this.headers = options.headers ?? {};
  }
}
