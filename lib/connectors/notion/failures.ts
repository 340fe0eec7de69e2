import { z } from "zod";
import { failureOf, type Refused } from "../json-api.ts";
import { Failure, type FailureKind } from "../types.ts";

/** What Notion refuses, with its own word for it (developers.notion.com/reference/status-codes). */
export class NotionFailure extends Failure {
  readonly code: string;
  constructor(kind: FailureKind, code: string, message: string, fix: string) {
    super(kind, message, { fix });
    this.name = "NotionFailure";
    this.code = code;
  }
}

const errorSchema = z.looseObject({ code: z.string(), message: z.string().catch("") });
const later = "The next sync tries again.";

/** Notion's reading of a refusal; undefined = the status says it all. */
export function explain(reply: Refused): Error | undefined {
  const parsed = errorSchema.safeParse(reply.body);
  if (!parsed.success) return undefined;
  const { code, message } = parsed.data;
  switch (code) {
    case "object_not_found":
      return new NotionFailure(
        "missing",
        code,
        "Notion does not have this page, or it is not shared with the connection.",
        "Share it with the connection in Notion, if it should be synced.",
      );
    case "restricted_resource":
      return new NotionFailure(
        "denied",
        code,
        "Notion does not allow the connection to read this.",
        "Give the integration the capability “Read content”, and share the pages with it.",
      );
    case "conflict_error":
      return new NotionFailure("transient", code, "Notion was changing this at the same moment.", later);
    case "validation_error":
      if (/start_cursor/i.test(message))
        return new NotionFailure("cursor_expired", code, "Notion has forgotten where this listing was.", later);
      return permanent(code, reply.status);
    case "invalid_request_url":
    case "invalid_request":
    case "invalid_json":
    case "missing_version":
      return permanent(code, reply.status);
    default: {
      // A status of our own vocabulary, whatever the word for it is: unauthorized, rate_limited, internal_server_error …
      const { kind, message: text, fix, retryAfterSeconds } = failureOf("Notion", reply.status, reply.headers);
      return kind === "throttled"
        ? new Failure(kind, text, { fix, ...(retryAfterSeconds ? { retryAfterSeconds } : {}) })
        : new NotionFailure(kind, code, text, fix);
    }
  }
}

function permanent(code: string, status: number): NotionFailure {
  return new NotionFailure(
    "permanent",
    code,
    `Notion refused the request (${status}, ${code.slice(0, 40)}).`,
    "Try again later; if it stays, look for a newer version of Tributary.",
  );
}

/** The endpoint itself is unknown to this server. */
export function isNoEndpoint(error: unknown): boolean {
  return error instanceof NotionFailure && error.code === "invalid_request_url";
}

/** The listing's position is not accepted: list again from the top. */
export function isLostPosition(error: unknown): boolean {
  return error instanceof NotionFailure && error.kind === "cursor_expired";
}

/** A thing that does not exist for this connection. */
export function isMissing(error: unknown): boolean {
  return error instanceof Failure && error.kind === "missing";
}
