import type { z } from "zod";

/** One operation of the API: everything the server checks, the documentation says and the tests expect. */
export interface Operation<
  Params extends z.ZodObject = z.ZodObject,
  Query extends z.ZodObject = z.ZodObject,
  Body extends z.ZodObject | null = z.ZodObject | null,
> {
  /** unique, lower camel case */
  readonly id: string;
  readonly method: "GET" | "POST" | "PATCH" | "DELETE";
  /** with parameters in braces, e.g. `/v3/connections/{connectionId}` */
  readonly path: string;
  readonly tag: "Connections" | "Documents" | "Settings";
  readonly summary: string;
  readonly description?: string;
  readonly params: Params;
  readonly query: Query;
  /** null = the operation has no body; one that is sent is ignored */
  readonly body: Body;
  /** what it answers when all goes well */
  readonly reply: {
    readonly status: 200 | 202;
    readonly description: string;
    readonly contentType: "application/json" | "text/plain";
    readonly schema: z.ZodType;
  };
  /** the other statuses it may answer, beyond those every operation may (401, 429, 500, 503) */
  readonly errors: readonly (400 | 403 | 404 | 409 | 413 | 415 | 501 | 502)[];
  /** changes something: an Idempotency-Key is honoured and repetitions by the official client are recognised */
  readonly effect: boolean;
  /** ours, not part of the protocol the official clients speak */
  readonly extension?: boolean;
}

/** Keeps the exact types of the parts. */
export function operation<Params extends z.ZodObject, Query extends z.ZodObject, Body extends z.ZodObject | null>(
  definition: Operation<Params, Query, Body>,
): Operation<Params, Query, Body> {
  return definition;
}
