import type { z } from "zod";
import type { HttpRequest } from "#lib/egress/types.ts";
import { askJson, type JsonApi, type Refused } from "../json-api.ts";
import { Failure, type Ctx } from "../types.ts";

/** Talking to Microsoft Graph: what its refusals mean, and which of its links may be followed. */

/** The token of a delta is not accepted any more (410 Gone): everything has to be listed anew. */
export class Resync extends Error {
  /** where the fresh listing begins, as the service says; not checked yet */
  readonly location: string | null;
  constructor(location: string | null) {
    super("the delta token is not accepted any more");
    this.location = location;
  }
}

type World = Pick<Ctx<object>, "http" | "signal" | "api">;

/** Any question to Graph. */
export const graph: JsonApi = { name: "OneDrive", explain };

/** A question by a link that Graph gave earlier: one it does not know any more means a fresh start, too. */
const byLink: JsonApi = {
  name: "OneDrive",
  explain: (reply) => (reply.status === 400 || reply.status === 404 ? new Resync(null) : explain(reply)),
};

/** The question a walk begins with, which carries no token: it is the drive itself that is not there. */
const atTheBeginning: JsonApi = {
  name: "OneDrive",
  explain: (reply) => (reply.status === 404 ? noDrive() : explain(reply)),
};

function explain(reply: Refused): Error | undefined {
  const { status, headers } = reply;
  if (status === 410) return new Resync(headers["location"] ?? null);
  if (status === 423)
    return new Failure("denied", "This OneDrive is locked.", {
      fix: "Ask its administrator, or sign in to OneDrive to see why.",
    });
  // Bandwidth of the tenant used up.
  if (status === 509)
    return new Failure("throttled", "OneDrive asks to slow down.", {
      fix: "It goes on by itself.",
      retryAfterSeconds: 300,
    });
  if (status === 404 && codeOf(reply.body).toLowerCase() === "resourcenotfound") return noDrive();
  return undefined;
}

function noDrive(): Failure {
  return new Failure("missing", "This account has no OneDrive.", {
    fix: "Sign in to OneDrive once, or ask the administrator for a licence that includes it.",
  });
}

/** `error.code` of a Graph error. */
function codeOf(body: unknown): string {
  if (typeof body !== "object" || body === null || !("error" in body)) return "";
  const { error } = body;
  if (typeof error !== "object" || error === null || !("code" in error)) return "";
  return typeof error.code === "string" ? error.code : "";
}

/** Asks by a path below the API's address, e.g. `/me/drive`. @throws Failure, EgressError, Resync */
export function ask<Schema extends z.ZodType>(
  ctx: World,
  path: string,
  schema: Schema,
  request: HttpRequest = {},
): Promise<z.output<Schema>> {
  return askJson(ctx, graph, ctx.api + path, schema, { secure: true, ...request });
}

/**
 * Asks by a link that ownLink() has let through.
 * @param begins the link is our own, without a token of Graph's that could be refused
 * @throws Failure, EgressError, Resync
 */
export function askLink<Schema extends z.ZodType>(
  ctx: World,
  link: string,
  schema: Schema,
  begins: boolean,
): Promise<z.output<Schema>> {
  const api = begins ? atTheBeginning : byLink;
  return askJson(ctx, api, new URL(ctx.api).origin + link, schema, { secure: true });
}

/**
 * A link the service gave, without its origin, as it is stored; null if it leads anywhere but to the API itself: such a
 * link is never asked, so that the access token goes nowhere else.
 */
export function ownLink(api: string, link: string): string | null {
  if (!URL.canParse(link)) return null;
  const [own, given] = [new URL(api), new URL(link)];
  const same = given.origin === own.origin && given.username === "" && given.password === "";
  return same && given.pathname.startsWith(`${own.pathname.replace(/\/$/, "")}/`)
    ? given.pathname + given.search
    : null;
}

/** The failure of a run whose next page is somewhere else. */
export function foreignLink(link: string): Failure {
  const where = URL.canParse(link) ? new URL(link).host : "something that is not an address";
  return new Failure("permanent", `OneDrive's next page is said to be at ${where.slice(0, 253)}, which is not asked.`, {
    fix: "Check MICROSOFT_GRAPH_URL, and whether a proxy changes what Microsoft Graph answers.",
  });
}
