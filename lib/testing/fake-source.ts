/**
 * What a provider's fake offers so that the connector suite (lib/connectors/suite.ts) can drive any of them the same
 * way. A fake is a real HTTP server on a loopback port with its own state, faults and request log.
 */
export interface FakeSource {
  /** metadata for POST /v3/connections/{provider} that connects to this fake */
  readonly metadata: Readonly<Record<string, string | number | boolean>>;
  /** OAuth: variables (lib/env.ts) that send requests to this fake instead of the real provider */
  readonly env?: Readonly<Record<string, string>>;
  /** OAuth: an access token the fake accepts now, and what the token reply kept (Ctx.grant) */
  readonly grant?: { readonly accessToken: string; readonly facts?: Readonly<Record<string, string>> };
  /** `host:port` pairs to put into EGRESS_ALLOW */
  readonly allow: readonly string[];
  /** creates or replaces an item with this text; the fake decides how a name becomes a provider id */
  put(name: string, text: string): Promise<void>;
  remove(name: string): Promise<void>;
  /** provider id → a phrase its document's text must contain, for everything that should be stored now */
  expected(): ReadonlyMap<string, string>;
  /** from now on, until `times` requests were hit or clear() */
  fault(fault: Fault): void;
  clear(): void;
  /** since the last clear(): requests served, by kind */
  readonly counts: { listings: number; reads: number; total: number };
  close(): Promise<void>;
}

export type Fault =
  | {
      readonly kind: "status";
      readonly status: number;
      readonly times: number;
      readonly retryAfter?: string;
      readonly on?: "listing" | "read";
    }
  | { readonly kind: "reset"; readonly times: number; readonly on?: "listing" | "read" }
  | { readonly kind: "truncate"; readonly times: number; readonly on?: "listing" | "read" }
  | { readonly kind: "stall"; readonly times: number; readonly on?: "listing" | "read" }
  /** everything answers as if nothing were stored, with status 200 */
  | { readonly kind: "empty"; readonly times: number }
  | { readonly kind: "unauthorized"; readonly times: number }
  /** every answer waits this long */
  | { readonly kind: "latency"; readonly ms: number; readonly times: number };
