import type { z } from "zod";
import type { Operation } from "#lib/contract/operation.ts";

/**
 * A thin client of the API, typed by the operations of the contract: what their schemas take goes in, what they answer
 * comes out. It loads nothing: an operation may be named by its address ("GET /v3/settings"), and then the contract is
 * only looked at by the compiler.
 */

export interface ApiOptions {
  /** e.g. "https://tributary.example.com"; "" = where the page comes from */
  readonly baseUrl: string;
  /** an API key; without one the browser's session counts */
  readonly key?: string;
  readonly fetch?: typeof fetch;
  /** how long an answer may take; the default is 60 s */
  readonly timeoutMs?: number;
}

type Contract = typeof import("#lib/contract/operations.ts");

/** "METHOD /path"; never for what is only known as some text. */
type AddressOf<O> = O extends { readonly method: infer Method extends string; readonly path: infer Path extends string }
  ? string extends Path
    ? never
    : `${Method} ${Path}`
  : never;

/** A module's operations by their addresses. */
type ByAddress<Module> = { readonly [Name in keyof Module as AddressOf<Module[Name]>]: Module[Name] };

type Named<Module, What> = What extends keyof ByAddress<Module> ? Extract<ByAddress<Module>[What], Operation> : What;

/** Needed only where something in it is. */
type Part<Name extends string, Value> = {} extends Value
  ? { readonly [Key in Name]?: Value }
  : { readonly [Key in Name]: Value };

type BodyPart<O extends Operation> = O extends { readonly upload: true }
  ? { readonly body: FormData }
  : O["body"] extends z.ZodObject
    ? Part<"body", z.input<O["body"]>>
    : {};

export type Input<O extends Operation> = Part<"params", z.input<O["params"]>> &
  Part<"query", z.input<O["query"]>> &
  BodyPart<O> & {
    readonly signal?: AbortSignal;
    /** a repetition with the same one changes nothing more, and answers the same */
    readonly idempotencyKey?: string;
  };

/** null with 204; nothing ever comes of what this server does not do. */
export type Output<O extends Operation> = O["reply"]["status"] extends 501 ? never : z.output<O["reply"]["schema"]>;

export interface Api<Module = Contract> {
  /**
   * @throws ApiError when the server refuses
   * @throws Unreachable when there is no answer
   * @throws the signal's reason when it ends this
   */
  call<const What extends Operation | keyof ByAddress<Module>>(
    what: What,
    ...input: {} extends Input<Extract<Named<Module, What>, Operation>>
      ? [input?: Input<Extract<Named<Module, What>, Operation>>]
      : [input: Input<Extract<Named<Module, What>, Operation>>]
  ): Promise<Output<Extract<Named<Module, What>, Operation>>>;
}

/** A refusal in the server's words. */
export class ApiError extends Error {
  readonly status: number;
  /** which field, or what to do */
  readonly details: string | undefined;
  /** seconds to wait before trying again */
  readonly retryAfter: number | undefined;
  /** for whoever reads the server's log */
  readonly requestId: string | undefined;

  constructor(
    status: number,
    message: string,
    facts: { readonly details?: string; readonly retryAfter?: number; readonly requestId?: string } = {},
  ) {
    super(message);
    this.name = "ApiError";
    this.status = status;
    this.details = facts.details;
    this.retryAfter = facts.retryAfter;
    this.requestId = facts.requestId;
  }
}

/** No answer, or only a part of one: nobody knows whether anything was done. */
export class Unreachable extends Error {
  /** it took too long */
  readonly late: boolean;

  constructor(message: string, late: boolean, cause: unknown) {
    super(message, { cause });
    this.name = "Unreachable";
    this.late = late;
  }
}

interface AnyInput {
  readonly params?: Readonly<Record<string, unknown>>;
  readonly query?: Readonly<Record<string, unknown>>;
  readonly body?: unknown;
  readonly signal?: AbortSignal;
  readonly idempotencyKey?: string;
}

export function createApi<Module = Contract>(options: ApiOptions): Api<Module> {
  const { baseUrl, key, timeoutMs = 60_000 } = options;
  const root = baseUrl.replace(/\/+$/, "");
  const send = async (address: string, { params, query, body, signal, idempotencyKey }: AnyInput) => {
    const [method = "", path = ""] = address.split(" ");
    const form = body instanceof FormData;
    const headers: Record<string, string> = {
      accept: "application/json, text/plain",
      ...(key === undefined ? {} : { authorization: `Bearer ${key}` }),
      ...(body === undefined || form ? {} : { "content-type": "application/json" }),
      ...(idempotencyKey === undefined ? {} : { "idempotency-key": idempotencyKey }),
    };
    const url = root + fill(path, params) + search(query);
    const late = AbortSignal.timeout(timeoutMs);
    try {
      const reply = await (options.fetch ?? fetch)(url, {
        method,
        headers,
        cache: "no-store",
        signal: signal ? AbortSignal.any([signal, late]) : late,
        ...(body === undefined ? {} : { body: form ? body : JSON.stringify(body) }),
      });
      return await read(reply);
    } catch (error) {
      if (error instanceof ApiError || signal?.aborted) throw error;
      if (late.aborted) throw new Unreachable(`No answer after ${timeoutMs / 1_000} seconds.`, true, error);
      throw new Unreachable("The server could not be reached.", false, error);
    }
  };
  const call = (what: Operation | string, input: AnyInput = {}): Promise<unknown> =>
    send(typeof what === "string" ? what : `${what.method} ${what.path}`, input);
  return { call: call as Api<Module>["call"] };
}

/** Parameters are encoded whole, slashes too: a customId may be an address. */
function fill(path: string, params: Readonly<Record<string, unknown>> = {}): string {
  return path.replaceAll(/\{(\w+)\}/g, (_, name: string) => {
    const value = params[name];
    if (value === undefined || value === "") throw new TypeError(`the parameter ${name} is missing`);
    // Every URL parser takes them for the folder and the one above, however they are encoded.
    if (value === "." || value === "..") throw new TypeError(`the parameter ${name} must not be ${value}`);
    return encodeURIComponent(String(value));
  });
}

function search(query: Readonly<Record<string, unknown>> = {}): string {
  const given = Object.entries(query).filter(([, value]) => value !== undefined && value !== null);
  const text = new URLSearchParams(given.map(([name, value]) => [name, String(value)])).toString();
  return text && `?${text}`;
}

async function read(reply: Response): Promise<unknown> {
  if (!reply.ok) throw await refusal(reply);
  if (reply.status === 204) return null;
  return isJson(reply) ? reply.json() : reply.text();
}

async function refusal(reply: Response): Promise<ApiError> {
  const said: { error?: unknown; details?: unknown } | null = isJson(reply)
    ? await reply.json().catch(() => null)
    : null;
  const after = Number(reply.headers.get("retry-after") ?? Number.NaN);
  const requestId = reply.headers.get("x-request-id");
  return new ApiError(
    reply.status,
    typeof said?.error === "string" ? said.error : `The server answered ${reply.status}.`,
    {
      ...(typeof said?.details === "string" && { details: said.details }),
      ...(Number.isFinite(after) && { retryAfter: after }),
      ...(requestId !== null && { requestId }),
    },
  );
}

const isJson = (reply: Response): boolean => /^application\/json\b/.test(reply.headers.get("content-type") ?? "");
