import type { z } from "zod";
import { EgressError, type HttpReply, type HttpRequest } from "#lib/egress/types.ts";
import { Failure, type Ctx } from "./types.ts";

/** Asking a provider's JSON API: what every OAuth connector needs, whatever the provider. */

/** A provider's own reading of a reply that is no success. */
export interface Refused {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** the parsed body if it is JSON, else null */
  readonly body: unknown;
}

export interface JsonApi {
  /** "Notion": begins the sentences people read */
  readonly name: string;
  /**
   * The failure this reply means; undefined = read the status alone. Called for every reply outside 200–299 that the
   * door to the network did not try again itself.
   */
  readonly explain?: (reply: Refused) => Error | undefined;
  /** decoded bytes of one reply at most; the default is 32 MB */
  readonly maxBytes?: number;
}

const bodyTries = 3;

/**
 * The parsed, checked body. A body that breaks off, or a success that is no JSON (a login page in between), is tried
 * again; what stays broken throws Failure("transient"), a shape that is not the documented one Failure("permanent").
 * Only requests without side effects may be sent with this. @throws Failure, EgressError
 */
export async function askJson<Schema extends z.ZodType>(
  ctx: Pick<Ctx<object>, "http" | "signal">,
  api: JsonApi,
  url: string,
  schema: Schema,
  request: HttpRequest = {},
): Promise<z.output<Schema>> {
  const { headers, ...rest } = request;
  for (let left = bodyTries - 1; ; left--) {
    let text: string;
    try {
      const reply = await ctx.http.request(url, {
        maxBytes: api.maxBytes ?? 32 * 1024 * 1024,
        signal: ctx.signal,
        ...rest,
        headers: { accept: "application/json", ...headers },
      });
      if (reply.status < 200 || reply.status > 299) throw await refusalOf(api, reply);
      text = await reply.text();
    } catch (error) {
      if (left > 0 && error instanceof EgressError && brokenBody.has(error.kind)) continue;
      throw error;
    }
    let body: unknown;
    try {
      body = JSON.parse(text);
    } catch (cause) {
      if (left > 0) continue;
      throw new Failure("transient", `${api.name} answered with something that is not JSON.`, {
        fix: "The next sync tries again.",
        cause,
      });
    }
    const parsed = schema.safeParse(body);
    if (parsed.success) return parsed.data;
    const where = parsed.error.issues[0]?.path.join(".") || "the reply";
    throw new Failure("permanent", `${api.name} answered in a form this version does not know (${where}).`, {
      fix: "Try again later; if it stays, look for a newer version of Tributary.",
      cause: parsed.error,
    });
  }
}

const brokenBody = new Set<EgressError["kind"]>(["truncated", "reset", "bad_encoding"]);

/** What a reply outside 200–299 means. Reads (and so drops) its body. */
export async function refusalOf(api: JsonApi, reply: HttpReply): Promise<Error> {
  const body = await bodyOf(reply);
  const { status, headers } = reply;
  return api.explain?.({ status, headers, body }) ?? failureOf(api.name, status, headers);
}

async function bodyOf(reply: HttpReply): Promise<unknown> {
  try {
    return JSON.parse(await reply.text());
  } catch {
    return null;
  }
}

/** The status alone, as HTTP means it. */
export function failureOf(name: string, status: number, headers: Readonly<Record<string, string>>): Failure {
  if (status === 401)
    return new Failure("reauth", `${name} does not accept the access it gave any more.`, {
      fix: "Reconnect the account.",
    });
  if (status === 403)
    return new Failure("denied", `${name} does not allow this account to read that.`, {
      fix: "Give the account permission at the provider, or connect another one.",
    });
  if (status === 404 || status === 410)
    return new Failure("missing", `${name} does not have what was asked for.`, {
      fix: "Check that it still exists and is shared with the account.",
    });
  if (status === 429 || status === 529)
    return new Failure("throttled", `${name} asks to slow down.`, {
      fix: "It goes on by itself.",
      ...retryAfter(headers["retry-after"]),
    });
  if (status >= 500 || status === 408)
    return new Failure("transient", `${name} answered with an error of its own (${status}).`, {
      fix: "The next sync tries again.",
    });
  return new Failure("permanent", `${name} refused the request (${status}).`, {
    fix: "Try again later; if it stays, look for a newer version of Tributary.",
  });
}

function retryAfter(value: string | undefined): { retryAfterSeconds?: number } {
  const seconds = Number(value);
  return value !== undefined && Number.isFinite(seconds) && seconds > 0 ? { retryAfterSeconds: seconds } : {};
}
