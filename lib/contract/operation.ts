import type { z } from "zod";
import type { AccessScope } from "./access.ts";

export type OperationTag = "Connections" | "Documents" | "Search" | "Settings" | "Keys" | "Memories";

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
  readonly tag: OperationTag;
  readonly summary: string;
  readonly description?: string;
  /** what a key needs for it */
  readonly access: AccessScope;
  /** a key for one container tag may use it; the service behind it then sees nothing but that container */
  readonly contained?: boolean;
  readonly params: Params;
  readonly query: Query;
  /** null = the operation has no body; one that is sent is ignored */
  readonly body: Body;
  /** a form with the part `file` beside the fields of `body`, streamed, instead of JSON */
  readonly upload?: boolean;
  /** largest JSON body, in bytes; the default is 1,000,000 */
  readonly bodyBytesMax?: number;
  /** what it answers when all goes well; 501 = it is known, and not what this server does */
  readonly reply: {
    readonly status: 200 | 202 | 204 | 501;
    readonly description: string;
    /** null with 204 */
    readonly contentType: "application/json" | "text/plain" | null;
    readonly schema: z.ZodType;
  };
  /** the other statuses it may answer, beyond those every operation may (401, 403, 429, 500, 503) */
  readonly errors: readonly (400 | 403 | 404 | 409 | 413 | 415 | 501 | 502)[];
  /** changes something: an Idempotency-Key is honoured and repetitions by the official client are recognised */
  readonly effect: boolean;
  /** ours, not part of the protocol the official clients speak */
  readonly extension?: boolean;
  /** an older path of another operation, kept for older clients */
  readonly deprecated?: boolean;
}

/** Keeps the exact types of all parts: callers are typed by them (lib/client/api.ts). */
export function operation<const Definition extends Operation>(definition: Definition): Definition {
  return definition;
}
