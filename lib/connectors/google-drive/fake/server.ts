import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { FakeOAuth, type FakeAccount } from "#lib/testing/fake-oauth.ts";
import type { FakeSource, Fault } from "#lib/testing/fake-source.ts";
import { DriveAnswers, googleError, type Answer } from "./answers.ts";
import { bytesOf, DriveStore, mimes, type FakeFile, type NewFile } from "./store.ts";

export interface FakeDriveOptions {
  readonly port?: number;
  /** the clock of times and tokens, ms since 1970 */
  readonly now?: () => number;
}

/** `read` is a file's content (export and download), `listing` everything else. */
type On = "listing" | "read";

export type DriveFault =
  | Fault
  /** answers this instead */
  | {
      readonly kind: "answer";
      readonly times: number;
      readonly on?: On;
      /** only requests whose path and query match */
      readonly match?: RegExp;
      readonly answer: Answer | ((url: URL) => Answer);
    };

/**
 * A Google Drive on a loopback port, OAuth pages included: pages, change logs per account and per shared drive, search,
 * export and its limits, and every way of failing that the real one documents.
 */
export class FakeGoogleDrive implements FakeSource {
  readonly metadata = { syncScope: "full" };
  readonly counts = { listings: 0, reads: 0, total: 0 };
  /** path and query of every request to the API */
  readonly log: string[] = [];
  readonly oauth: FakeOAuth;
  readonly store: DriveStore;
  readonly drive: DriveAnswers;
  /** channels of notices, by id */
  readonly channels = new Map<string, { resourceId: string; address: string; token: string }>();
  /** called before a request to the API is answered: what happens at the same time */
  before: (url: URL) => void = () => {};
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #texts = new Map<string, string>();
  #faults: { readonly fault: DriveFault; left: number }[] = [];
  #accessToken: string | null = null;

  private constructor(options: FakeDriveOptions) {
    const now = options.now ?? (() => Date.now());
    this.oauth = new FakeOAuth({
      name: "Google",
      authorizePath: "/o/oauth2/v2/auth",
      tokenPath: "/token",
      revokePath: "/revoke",
      clientAuth: "body",
      tokenFormat: "form",
      issuer: "https://accounts.google.com",
      rotates: false,
      offline: (query) => query.get("access_type") === "offline" && query.get("prompt") === "consent",
      expiresInSeconds: 3_599,
    });
    this.store = new DriveStore(now);
    this.drive = new DriveAnswers(this.store);
    this.#server = createServer({ keepAliveTimeout: 60_000 }, (request, response) => this.#serve(request, response));
    this.#server.on("connection", (socket) => {
      this.#sockets.add(socket);
      socket.on("close", () => this.#sockets.delete(socket));
    });
  }

  static async start(options: FakeDriveOptions = {}): Promise<FakeGoogleDrive> {
    const fake = new FakeGoogleDrive(options);
    await new Promise<void>((resolve, reject) => {
      fake.#server.once("error", reject);
      fake.#server.listen(options.port ?? 0, "127.0.0.1", resolve);
    });
    return fake;
  }

  get host(): string {
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  get allow(): readonly string[] {
    return [this.host];
  }

  get env(): Readonly<Record<string, string>> {
    const origin = `http://${this.host}`;
    return {
      GOOGLE_AUTHORIZE_URL: `${origin}/o/oauth2/v2/auth`,
      GOOGLE_TOKEN_URL: `${origin}/token`,
      GOOGLE_REVOKE_URL: `${origin}/revoke`,
      GOOGLE_API_URL: origin,
    };
  }

  get grant(): NonNullable<FakeSource["grant"]> {
    this.#accessToken ??= this.oauth.issue().accessToken;
    return { accessToken: this.#accessToken };
  }

  /** Every second item is a Google Doc, the others are text files. */
  async put(name: string, text: string): Promise<void> {
    const id = `id-${name}`;
    if (this.store.files.has(id)) this.store.update(id, { body: { text } });
    else if (name.length > 0 && name.charCodeAt(name.length - 1) % 2 === 0)
      this.store.add({ id, name, mimeType: mimes.doc, body: { text } });
    else this.store.add({ id, name: `${name}.txt`, body: { text } });
    this.#texts.set(id, text);
  }

  async remove(name: string): Promise<void> {
    this.store.delete(`id-${name}`);
    this.#texts.delete(`id-${name}`);
  }

  expected(): ReadonlyMap<string, string> {
    return this.#texts;
  }

  /** Adds a file and answers its id. */
  add(file: NewFile): string {
    return this.store.add(file).id;
  }

  file(id: string): FakeFile {
    return this.store.get(id);
  }

  fault(fault: DriveFault): void {
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

  #serve(request: IncomingMessage, response: ServerResponse): void {
    const url = new URL(request.url ?? "/", `http://${this.host}`);
    if (url.pathname.startsWith("/drive/")) {
      if (request.method === "POST") void this.#command(request, response, url);
      else {
        request.resume();
        this.#api(request, response, url);
      }
      return;
    }
    void this.#consent(request, response);
  }

  /** Channels of notices are made and ended; telling through them is up to whoever drives the fake. */
  async #command(request: IncomingMessage, response: ServerResponse, url: URL): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    this.counts.total++;
    if (!this.oauth.accountOf(request)) return send(response, googleError(401, "authError", "Invalid Credentials"));
    const body = JSON.parse(Buffer.concat(chunks).toString() || "{}") as Record<string, string | undefined>;
    const { id = "", address = "", token = "", expiration } = body;
    if (url.pathname.endsWith("/changes/watch")) {
      if (!address.startsWith("https://"))
        return send(
          response,
          googleError(400, "push.webhookUrlNotHttps", `WebHook callback must be HTTPS: ${address}`),
        );
      const resourceId = `changes-${id}`;
      this.channels.set(id, { resourceId, address, token });
      const reply = { kind: "api#channel", id, resourceId, resourceUri: url.href, token, expiration };
      return send(response, { status: 200, type: "application/json", body: JSON.stringify(reply) });
    }
    if (url.pathname.endsWith("/channels/stop")) {
      const known = this.channels.get(id)?.resourceId === body["resourceId"];
      this.channels.delete(id);
      if (known) return send(response, { status: 204, type: "text/plain", body: "" });
      return send(response, googleError(404, "notFound", `Channel '${id}' not found for project.`));
    }
    return send(response, googleError(404, "notFound", "Not Found"));
  }

  async #consent(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (!(await this.oauth.handle(request, response))) response.writeHead(404).end();
  }

  #api(request: IncomingMessage, response: ServerResponse, url: URL): void {
    const on: On = url.searchParams.get("alt") === "media" || url.pathname.endsWith("/export") ? "read" : "listing";
    this.counts.total++;
    this.counts[on === "listing" ? "listings" : "reads"]++;
    if (this.log.length < 100_000) this.log.push(url.pathname + url.search);
    const account = this.oauth.accountOf(request);
    const fault = this.#next(on, url);
    if (fault?.kind === "latency") setTimeout(() => this.#answer(response, url, account), fault.ms);
    else if (fault) this.#misbehave(fault, request, response, url, account);
    else this.#answer(response, url, account);
  }

  #next(on: On, url: URL): DriveFault | undefined {
    const armed = this.#faults.find(
      ({ fault, left }) =>
        left > 0 &&
        (!("on" in fault) || (fault.on ?? on) === on) &&
        (fault.kind !== "answer" || (fault.match?.test(url.pathname + url.search) ?? true)),
    );
    if (armed) armed.left--;
    return armed?.fault;
  }

  #answer(response: ServerResponse, url: URL, account: FakeAccount | null): void {
    if (!account) return send(response, googleError(401, "authError", "Invalid Credentials"));
    this.before(url);
    send(response, this.drive.answer(url, account));
  }

  #misbehave(
    fault: Exclude<DriveFault, { kind: "latency" }>,
    request: IncomingMessage,
    response: ServerResponse,
    url: URL,
    account: FakeAccount | null,
  ): void {
    switch (fault.kind) {
      case "status":
        return send(
          response,
          googleError(
            fault.status,
            reasonOf(fault.status),
            "as asked for",
            fault.retryAfter === undefined ? {} : { headers: { "retry-after": fault.retryAfter } },
          ),
        );
      case "unauthorized":
        return send(response, googleError(401, "authError", "Invalid Credentials"));
      case "reset":
        request.socket.resetAndDestroy();
        return;
      case "truncate":
      case "stall":
        return this.#answer(cutShort(response, fault.kind), url, account);
      case "empty":
        return send(response, emptied(url));
      case "answer":
        return send(response, typeof fault.answer === "function" ? fault.answer(url) : fault.answer);
      default:
        return fault satisfies never;
    }
  }
}

function reasonOf(status: number): string {
  if (status === 429) return "rateLimitExceeded";
  return status >= 500 ? "backendError" : "insufficientFilePermissions";
}

/** As if nothing were stored, and as if nothing had changed. */
function emptied(url: URL): Answer {
  const json = (body: unknown): Answer => ({ status: 200, type: "application/json", body: JSON.stringify(body) });
  if (url.pathname.endsWith("/changes"))
    return json({ changes: [], newStartPageToken: url.searchParams.get("pageToken") });
  if (url.pathname.endsWith("/files")) return json({ files: [], incompleteSearch: false });
  if (url.pathname.endsWith("/drives")) return json({ drives: [] });
  if (url.pathname.endsWith("/startPageToken")) return json({ startPageToken: "1" });
  return googleError(404, "notFound", "File not found: .", { location: "fileId" });
}

function send(response: ServerResponse, answer: Answer): void {
  const body = Buffer.from(answer.body);
  response.writeHead(answer.status, { ...answer.headers, "content-type": answer.type, "content-length": body.length });
  response.end(body);
}

/** Announces the whole body, sends half, then breaks off or says nothing more. */
function cutShort(response: ServerResponse, how: "truncate" | "stall"): ServerResponse {
  const end = response.end.bind(response);
  response.end = ((body?: Buffer) => {
    if (!body || body.length < 2) return end(body);
    response.write(body.subarray(0, body.length >> 1), () => {
      if (how === "truncate") response.socket?.destroy();
    });
    return response;
  }) as ServerResponse["end"];
  return response;
}

/** A blob's text, for what a test expects. */
export function textOf(file: FakeFile): string {
  return bytesOf(file).toString("utf8");
}
