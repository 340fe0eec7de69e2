/** The one door to the network. Everything the product fetches goes through an Http made by lib/egress/http.ts. */

export interface HttpRequest {
  /**
   * The request target (path and query) to send, byte for byte, instead of the URL's own: URL parsing would rewrite an
   * object key such as `a/../b`. Begins with "/", printable ASCII only; redirects ignore it.
   */
  readonly target?: string;
  /** refuse plain http unless the operator allowed this host:port (requests that carry credentials) */
  readonly secure?: boolean;
  readonly method?: "GET" | "HEAD" | "POST" | "PUT" | "PATCH" | "DELETE";
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
  readonly signal?: AbortSignal;
  /** cap on the decoded body; the default is 10 MB */
  readonly maxBytes?: number;
  /** per attempt: 10 s to connect, 30 s to headers, 30 s between bytes, 120 s in all by default */
  readonly connectTimeoutMs?: number;
  readonly headersTimeoutMs?: number;
  readonly idleTimeoutMs?: number;
  readonly totalTimeoutMs?: number;
  /** redirects to follow, each one checked again; 0 (default) returns the 3xx reply. At most 5. */
  readonly redirects?: number;
  /** refuse redirects that leave this host (crawler); the reply is then an EgressError "redirect" */
  readonly sameHost?: boolean;
  /** a POST that changes nothing at the other side (a query): it may be repeated like a GET */
  readonly repeatable?: boolean;
  /** tries after the first for transient faults of idempotent requests; the default is 2 */
  readonly retries?: number;
}

export interface HttpReply {
  readonly status: number;
  /** lower-case names; repeated headers joined by ", " */
  readonly headers: Readonly<Record<string, string>>;
  /** final URL */
  readonly url: string;
  /** decoded body, at most maxBytes; a body that is too long, stalls or ends early throws EgressError */
  bytes(): Promise<Uint8Array>;
  /** decoded as UTF-8 */
  text(): Promise<string>;
  /** decoded chunks as they come, under the same caps */
  stream(): AsyncIterable<Uint8Array>;
  /** drops the body so that the socket can be used again */
  discard(): Promise<void>;
}

export interface Http {
  /** @throws EgressError */
  request(url: string | URL, request?: HttpRequest): Promise<HttpReply>;
}

export type EgressErrorKind =
  | "bad_url"
  | "blocked_address"
  | "dns"
  | "connect"
  | "tls"
  | "timeout"
  | "reset"
  | "truncated"
  | "too_large"
  | "bad_encoding"
  | "redirect"
  | "throttled"
  | "aborted";

/** A request that got no usable reply. The message is fit for people: what happened and to which host, never a secret. */
export class EgressError extends Error {
  readonly kind: EgressErrorKind;
  readonly retryAfterSeconds: number | undefined;
  constructor(kind: EgressErrorKind, message: string, options: { cause?: unknown; retryAfterSeconds?: number } = {}) {
    super(message, { cause: options.cause });
    this.name = "EgressError";
    this.kind = kind;
    this.retryAfterSeconds = options.retryAfterSeconds;
  }
}

export interface Pace {
  /** requests begun per second, all together; 0 = not limited */
  readonly perSecond: number;
  /** requests under way at once */
  readonly concurrency: number;
}

/** A pace that several processes keep together (lib/db/account-pace.ts). */
export interface SharedPace {
  /** Resolves when the next request may begin. @throws when aborted */
  turn(signal: AbortSignal | undefined): Promise<void>;
  /** Nobody's next request begins before then (ms since 1970). */
  hold(until: number): void;
}

export interface HttpOptions {
  /** `host:port` pairs this Http may reach although their addresses are private (EGRESS_ALLOW) */
  readonly allow: readonly string[];
  /** if given, only these hosts may be reached (exact, lower case, without port) */
  readonly hosts?: readonly string[];
  readonly pace?: Pace;
  readonly userAgent: string;
  readonly retryBaseMs: number;
  readonly signal?: AbortSignal;
  /** a pace shared with other processes, kept besides `pace` */
  readonly sharedPace?: SharedPace;
  /** told when requests wait for the other side (Retry-After, back-off) and when they go on (null) */
  readonly onWait?: (until: Date | null) => void;
  /** told after each reply: for counters */
  readonly onReply?: (info: { host: string; status: number; bytes: number; ms: number }) => void;
}
