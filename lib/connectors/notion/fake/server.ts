import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { FakeOAuth, type FakeAccount } from "#lib/testing/fake-oauth.ts";
import type { FakeSource, Fault } from "#lib/testing/fake-source.ts";
import { Api, refusal, type Quirks, type Reply } from "./api.ts";
import { idFor } from "./ids.ts";
import { Workspace } from "./workspace.ts";

export interface FakeNotionOptions {
  readonly port?: number;
}

type On = "listing" | "read" | "other";

/** What only Notion can do wrong, beside the common faults. */
export type NotionFault =
  | Fault
  /** answers with this body and status instead, e.g. HTML or 200 MB; `path`: only where the path matches */
  | {
      readonly kind: "answer";
      readonly times: number;
      readonly path?: RegExp;
      readonly status: number;
      readonly body: string;
      readonly headers?: Readonly<Record<string, string>>;
    };

interface Armed {
  readonly fault: NotionFault;
  left: number;
}

/** Workspaces people consent for. */
const workspaces: Readonly<Record<string, string>> = { ada: "Lighthouse Works", grace: "Harbour Office" };

/**
 * Notion on a loopback port: OAuth with its quirks, and the part of the API (version 2026-03-11) that reads. Stateful,
 * strict about what requests may hold, and misbehaving on request.
 */
export class FakeNotion implements FakeSource {
  readonly workspace = new Workspace();
  readonly oauth = new FakeOAuth({
    name: "Notion",
    authorizePath: "/v1/oauth/authorize",
    tokenPath: "/v1/oauth/token",
    revokePath: "/v1/oauth/revoke",
    clientAuth: "basic",
    tokenFormat: "json",
    rotates: true,
    extras: (account) => ({
      ...grantOf(account),
      // Notion does not say how long a token lasts.
      expires_in: undefined,
      token_type: "bearer",
      workspace_icon: null,
      duplicated_template_id: null,
      request_id: idFor(`request ${account.id}`),
      owner: { type: "user", user: personOf(account) },
    }),
  });
  readonly metadata = {};
  /** how this server differs from the documented one */
  readonly quirks: Quirks = {};
  /** requests in arrival order: method and path */
  readonly log: string[] = [];
  readonly counts = { listings: 0, reads: 0, total: 0 };
  /** the clock of the Date header, ms since 1970 */
  now: () => number = () => Date.now();
  readonly #server: Server;
  readonly #api: Api;
  readonly #sockets = new Set<Socket>();
  readonly #texts = new Map<string, string>();
  #faults: Armed[] = [];
  #token: string | null = null;

  private constructor() {
    this.#api = new Api(this.workspace, this.quirks);
    this.workspace.database("stories", "Stories");
    this.#server = createServer(
      { keepAliveTimeout: 60_000 },
      (request, response) => void this.#serve(request, response),
    );
    this.#server.on("connection", (socket) => {
      this.#sockets.add(socket);
      socket.on("close", () => this.#sockets.delete(socket));
    });
  }

  static async start(options: FakeNotionOptions = {}): Promise<FakeNotion> {
    const fake = new FakeNotion();
    await new Promise<void>((resolve, reject) => {
      fake.#server.once("error", reject);
      fake.#server.listen(options.port ?? 0, "127.0.0.1", resolve);
    });
    return fake;
  }

  get host(): string {
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  get origin(): string {
    return `http://${this.host}`;
  }

  get allow(): readonly string[] {
    return [this.host];
  }

  get env(): Readonly<Record<string, string>> {
    return { NOTION_API_URL: this.origin };
  }

  get grant(): { readonly accessToken: string; readonly facts: Readonly<Record<string, string>> } {
    const [account] = this.oauth.accounts;
    if (!account) throw new Error("there is no account");
    this.#token ??= this.oauth.issue(account).accessToken;
    return { accessToken: this.#token, facts: grantOf(account) };
  }

  /** Every third name is a row of the database “Stories”, the others are pages. */
  async put(name: string, text: string): Promise<void> {
    const row = Number(/\d+$/.exec(name)?.[0] ?? 1) % 3 === 0;
    const page = this.workspace.page(name, `Story ${name}`, { text, ...(row ? { source: "stories" } : {}) });
    this.#texts.set(page.id, text);
  }

  async remove(name: string): Promise<void> {
    this.workspace.edit(name, { inTrash: true });
    this.#texts.delete(idFor(name));
  }

  expected(): ReadonlyMap<string, string> {
    return this.#texts;
  }

  fault(fault: NotionFault): void {
    this.#faults.push({ fault, left: fault.times });
  }

  clear(): void {
    this.#faults = [];
    this.log.length = 0;
    Object.assign(this.counts, { listings: 0, reads: 0, total: 0 });
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    response.setHeader("date", new Date(this.now()).toUTCString());
    const path = (request.url ?? "/").split("?", 1)[0] ?? "/";
    if (path.startsWith("/v1/oauth/") || this.oauth.demonstrates(path)) {
      if (!(await this.oauth.handle(request, response))) send(response, refusal(400, "invalid_request_url"));
      return;
    }
    const on = kindOf(path);
    this.counts.total++;
    if (on !== "other") this.counts[on === "listing" ? "listings" : "reads"]++;
    if (this.log.length < 100_000) this.log.push(`${request.method} ${path}`);
    const body = await textOf(request);
    const fault = this.#next(on, path);
    if (fault?.kind === "latency") {
      setTimeout(() => send(response, this.#answer(request, body)), fault.ms);
    } else if (!fault || !this.#misbehave(fault, request, response, body)) send(response, this.#answer(request, body));
  }

  #next(on: On, path: string): NotionFault | undefined {
    const armed = this.#faults.find(
      ({ fault, left }) =>
        left > 0 &&
        (fault.kind === "answer" ? (fault.path?.test(path) ?? true) : !("on" in fault) || (fault.on ?? on) === on),
    );
    if (armed) armed.left--;
    return armed?.fault;
  }

  /** @returns false if the request is to be answered normally after all */
  #misbehave(fault: NotionFault, request: IncomingMessage, response: ServerResponse, body: string): boolean {
    switch (fault.kind) {
      case "status":
        send(response, {
          ...refusal(fault.status, codes[fault.status] ?? "internal_server_error"),
          headers: fault.retryAfter === undefined ? {} : { "retry-after": fault.retryAfter },
        });
        return true;
      case "unauthorized":
        send(response, refusal(401, "unauthorized"));
        return true;
      case "reset":
        request.socket.resetAndDestroy();
        return true;
      case "truncate":
      case "stall":
        cutShort(response, this.#answer(request, body), fault.kind);
        return true;
      case "empty":
        send(
          response,
          new Api(new Workspace(), {}).answer(request.method ?? "GET", request.url ?? "/", request.headers, body),
        );
        return true;
      case "answer":
        send(response, { status: fault.status, body: fault.body, headers: { ...fault.headers } });
        return true;
      case "latency":
        return false;
      default:
        return fault satisfies never;
    }
  }

  #answer(request: IncomingMessage, body: string): Reply {
    const account = this.oauth.accountOf(request);
    if (!account) return refusal(401, "unauthorized");
    const method = request.method ?? "GET";
    if (method === "GET" && request.url === "/v1/users/me") return { status: 200, body: meOf(account) };
    return this.#api.answer(method, request.url ?? "/", request.headers, body);
  }
}

const codes: Readonly<Record<number, string>> = {
  400: "validation_error",
  401: "unauthorized",
  403: "restricted_resource",
  404: "object_not_found",
  409: "conflict_error",
  429: "rate_limited",
  500: "internal_server_error",
  502: "bad_gateway",
  503: "service_unavailable",
  504: "gateway_timeout",
  529: "service_overload",
};

function kindOf(path: string): On {
  if (path === "/v1/search" || /^\/v1\/(?:data_sources|databases)\//.test(path)) return "listing";
  return path === "/v1/users/me" ? "other" : "read";
}

function grantOf(account: FakeAccount): { workspace_id: string; workspace_name: string; bot_id: string } {
  return {
    workspace_id: idFor(`workspace ${account.id}`),
    workspace_name: workspaces[account.id] ?? `${account.name}'s workspace`,
    bot_id: idFor(`bot ${account.id}`),
  };
}

function personOf({ id, name, email }: FakeAccount) {
  return { object: "user", id: idFor(`user ${id}`), type: "person", person: { email }, name, avatar_url: null };
}

function meOf(account: FakeAccount) {
  const { workspace_id, workspace_name, bot_id } = grantOf(account);
  return {
    object: "user",
    id: bot_id,
    type: "bot",
    name: "Tributary",
    avatar_url: null,
    bot: {
      owner: { type: "user", user: personOf(account) },
      workspace_id,
      workspace_name,
      workspace_limits: { max_file_upload_size_in_bytes: 5_242_880 },
    },
  };
}

async function textOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString("utf8");
}

function payloadOf({ body }: Reply): string {
  return typeof body === "string" ? body : JSON.stringify(body);
}

function send(response: ServerResponse, reply: Reply): void {
  response
    .writeHead(reply.status, { "content-type": "application/json; charset=utf-8", ...reply.headers })
    .end(payloadOf(reply));
}

/** Promises the whole body and sends half of it. */
function cutShort(response: ServerResponse, reply: Reply, how: "truncate" | "stall"): void {
  const payload = Buffer.from(payloadOf(reply));
  response.writeHead(reply.status, { "content-type": "application/json", "content-length": payload.length });
  response.write(payload.subarray(0, payload.length >> 1));
  if (how === "truncate") setImmediate(() => response.destroy());
}
