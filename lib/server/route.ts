import type { z } from "zod";
import { isProvider } from "#lib/connections/registry.ts";
import { AppError, type FieldProblem } from "#lib/contract/errors.ts";
import { wordsFor } from "#lib/contract/invalid.ts";
import { newId } from "#lib/contract/ids.ts";
import type { Operation } from "#lib/contract/operation.ts";
import type { Principal } from "#lib/contract/principal.ts";
import { isStorable } from "#lib/contract/storable.ts";
import { env } from "#lib/env.ts";
import { authenticate } from "./bearer.ts";
import { readBody } from "./body.ts";
import { claim, type Claim, type Remember } from "./idempotency.ts";
import { pathParams, segmentsOf } from "./path.ts";
import { logProblem, problemOf } from "./problem.ts";
import { requireRate } from "./rate-limit.ts";
import { streamOf, type Reply } from "./reply.ts";

/** What a handler gets: who calls, and what the operation's schemas made of the request. */
export type Call<O extends Operation> = Parsed<
  z.output<O["params"]>,
  z.output<O["query"]>,
  O["body"] extends z.ZodObject ? z.output<O["body"]> : undefined
>;

interface Parsed<Params, Query, Body> {
  readonly principal: Principal & { kind: "key" };
  readonly params: Params;
  readonly query: Query;
  readonly body: Body;
  /**
   * For effects worth surviving a crash: stores this JSON reply in the effect's own transaction, so that a repetition
   * finds it. Undefined when the caller gave no way to recognise a repetition.
   */
  readonly remember: ((tx: Parameters<Remember>[0], body: unknown) => Promise<void>) | undefined;
}

export type Route = (request: Request) => Promise<Response>;

/**
 * A handler behind everything every operation shares, always in this order: who → how often → path, query, body →
 * repetition → handler → reply. Nothing of the request is believed before its schema has seen it.
 */
export function route<O extends Operation>(operation: O, handler: (call: NoInfer<Call<O>>) => Promise<Reply>): Route {
  return (request) =>
    answer(async (requestId) => {
      const admitted = await admit(operation, request);
      const read = operation.body
        ? await readBody(request, operation.bodyBytesMax)
        : { value: {}, bytes: new Uint8Array() };
      const body = operation.body ? parse(operation.body, read.value, "body") : undefined;
      return perform({ operation, request, requestId, admitted, bytes: read.bytes }, (remember) =>
        handler({ ...admitted, body, remember } as Call<O>),
      );
    });
}

export type Admitted<O extends Operation> = Pick<Call<O>, "principal" | "params" | "query">;

/** Who calls, whether they may, and what for: settled before any of the body is read. @throws AppError */
export async function admit<O extends Operation>(operation: O, request: Request): Promise<Admitted<O>> {
  const principal = await authenticate(request);
  await requireRate(principal);
  requireAccess(principal, operation);
  const params = parse(operation.params, pathParams(operation.path, request.url), "path");
  const query = parse(operation.query, queryOf(request.url), "query");
  return { principal, params, query } as Admitted<O>;
}

export interface Performance {
  readonly operation: Operation;
  readonly request: Request;
  readonly requestId: string;
  readonly admitted: Admitted<Operation>;
  /** what two requests to the same path have in common if one repeats the other */
  readonly bytes: Uint8Array;
}

/** Calls the handler unless this is a repetition, and makes the Response of what it answers. */
export async function perform(
  { operation, request, requestId, admitted, bytes }: Performance,
  handler: (remember: Call<Operation>["remember"]) => Promise<Reply>,
): Promise<Response> {
  const { pathname, search } = new URL(request.url);
  const claimed = operation.effect
    ? await claim({
        principal: admitted.principal,
        method: request.method,
        target: pathname + search,
        body: bytes,
        key: request.headers.get("idempotency-key"),
        retryCount: request.headers.get("x-stainless-retry-count"),
      })
    : undefined;
  const run = async (remember: Remember | undefined): Promise<Response> => {
    const keep: Call<Operation>["remember"] =
      remember &&
      ((tx, value) =>
        remember(tx, {
          status: operation.reply.status,
          contentType: operation.reply.contentType ?? "",
          body: operation.reply.status === 204 ? "" : JSON.stringify(value),
        }));
    return respond(operation, await handler(keep));
  };
  return claimed ? once(claimed, requestId, run) : run(undefined);
}

const verbs = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"] as const;
type Verb = (typeof verbs)[number];

/** All verbs of one path: those it has, and for the others a 405 that says which ones it has. */
export function resource(routes: Partial<Record<Verb, Route>>): Record<Verb, Route> {
  const allow = verbs.filter((verb) => routes[verb]).join(", ");
  const refuse: Route = () =>
    answer(() => {
      throw new AppError("method_not_allowed", "Method not allowed", {
        details: `This path knows ${allow}.`,
        headers: { allow },
      });
    });
  return Object.fromEntries(verbs.map((verb) => [verb, routes[verb] ?? refuse])) as Record<Verb, Route>;
}

/** Whether the last part of the path is a provider's name; what cannot be read at all is none. */
export function namesProvider(request: Request): boolean {
  try {
    return isProvider(segmentsOf(request.url).at(-1) ?? "");
  } catch {
    return false;
  }
}

/** For paths that do not exist: every verb gets the same 404. */
export function noSuchPath(): Record<Verb, Route> {
  const refuse: Route = () =>
    answer(() => {
      throw new AppError("not_found", "Not found", { details: "There is no such path in this API." });
    });
  return Object.fromEntries(verbs.map((verb) => [verb, refuse])) as Record<Verb, Route>;
}

/** Runs to a Response whatever happens, with the headers every reply has. */
export async function answer(work: (requestId: string) => Promise<Response>): Promise<Response> {
  const requestId = newId();
  let response: Response;
  try {
    response = await work(requestId);
  } catch (error) {
    logProblem(error, requestId);
    const problem = problemOf(error, requestId);
    response = Response.json(problem.body, { status: problem.status, headers: problem.headers });
  }
  response.headers.set("cache-control", "no-store");
  response.headers.set("x-request-id", requestId);
  response.headers.set("x-content-type-options", "nosniff");
  return response;
}

/** Does the work unless it was done before, and keeps what it answered, errors of its own included. */
async function once(
  claimed: Claim,
  requestId: string,
  run: (remember: Remember) => Promise<Response>,
): Promise<Response> {
  if (claimed.kind === "replay") {
    const { status, contentType, body } = claimed.reply;
    return new Response(status === 204 ? null : body, {
      status,
      headers: { ...(contentType && { "content-type": contentType }), "idempotent-replayed": "true" },
    });
  }
  let response: Response;
  try {
    response = await run(claimed.remember);
  } catch (error) {
    const problem = problemOf(error, requestId);
    // "Not now" is no answer to keep: the repetition is meant to get another one.
    if ([409, 429, 502, 503].includes(problem.status)) await claimed.release();
    else
      await claimed.finish({
        status: problem.status,
        contentType: "application/json",
        body: JSON.stringify(problem.body),
      });
    throw error;
  }
  await claimed.finish({
    status: response.status,
    contentType: response.headers.get("content-type") ?? "",
    body: await response.clone().text(),
  });
  return response;
}

async function respond(operation: Operation, reply: Reply): Promise<Response> {
  const { status, contentType, schema } = operation.reply;
  if (contentType === null) return new Response(null, { status });
  if (reply.kind === "stream")
    return new Response(await streamOf(reply), { status, headers: { "content-type": contentType } });
  // Outside production a reply that breaks its own contract is an error rather than a surprise for a client.
  if (env().NODE_ENV !== "production" && reply.status === undefined) schema.parse(reply.body);
  const body = reply.kind === "text" ? reply.body : JSON.stringify(reply.body);
  const type = reply.kind === "text" ? "text/plain; charset=utf-8" : "application/json";
  return new Response(body, { status: reply.status ?? status, headers: { "content-type": type } });
}

/** @throws AppError forbidden if the key was not made for such things */
function requireAccess(principal: Principal & { kind: "key" }, operation: Operation): void {
  if (!principal.scopes.includes(operation.access))
    throw new AppError("forbidden", "This API key may not do that.", {
      details: `It needs the scope ${operation.access}.`,
    });
  if (principal.containerTag !== null && !operation.contained)
    throw new AppError("forbidden", "This API key may not do that.", {
      details: `It is for the documents of the container ${principal.containerTag} only.`,
    });
}

/** @throws AppError invalid_request naming every field that is wrong */
export function parse<Schema extends z.ZodObject>(schema: Schema, value: unknown, where: "path" | "query" | "body") {
  const parsed = schema.safeParse(value, { error: wordsFor });
  if (parsed.success) return parsed.data;
  const fields: FieldProblem[] = parsed.error.issues
    .slice(0, 20)
    .map((issue) => ({ path: issue.path.map(String).join(".").slice(0, 200) || where, message: issue.message }));
  throw new AppError("invalid_request", "The request is not valid.", { fields });
}

/** The last one wins when a name comes twice; none of our parameters is a list. */
export function queryOf(url: string): Record<string, string> {
  const entries = [...new URL(url).searchParams];
  for (const [name, value] of entries)
    if (!isStorable(name) || !isStorable(value))
      throw new AppError("invalid_request", "The request is not valid.", {
        fields: [
          {
            path: isStorable(name) ? name.slice(0, 100) : "query",
            message: "contains characters that are not allowed",
          },
        ],
      });
  return Object.fromEntries(entries);
}
