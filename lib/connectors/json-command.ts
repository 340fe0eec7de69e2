import type { z } from "zod";
import type { HttpRequest } from "#lib/egress/types.ts";
import { refusalOf, type JsonApi } from "./json-api.ts";
import { Failure, type Ctx } from "./types.ts";

interface Command extends Pick<HttpRequest, "method"> {
  /** sent as JSON; absent = no body */
  readonly body?: unknown;
}

/** A request that changes something at the provider: sent once, never repeated by itself. @throws Failure, EgressError */
export async function command<Schema extends z.ZodType>(
  ctx: Pick<Ctx<object>, "http" | "signal">,
  api: JsonApi,
  url: string,
  { method = "POST", body }: Command,
  schema: Schema,
): Promise<z.output<Schema>> {
  const reply = await ctx.http.request(url, {
    method,
    signal: ctx.signal,
    secure: true,
    retries: 0,
    maxBytes: 1024 * 1024,
    headers: { accept: "application/json", ...(body === undefined ? {} : { "content-type": "application/json" }) },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  if (reply.status < 200 || reply.status > 299) throw await refusalOf(api, reply);
  const text = await reply.text();
  const parsed = schema.safeParse(text === "" ? undefined : parsedOrText(text));
  if (parsed.success) return parsed.data;
  throw new Failure("permanent", `${api.name} answered in a form this version does not know.`, {
    fix: "Try again later; if it stays, look for a newer version of Tributary.",
    cause: parsed.error,
  });
}

function parsedOrText(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
