import { randomBytes } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { FakeOAuth, type FakeAccount } from "#lib/testing/fake-oauth.ts";
import type { FakeSource, Fault } from "#lib/testing/fake-source.ts";
import { deltaPage, readToken, writeToken, type Token } from "./delta.ts";
import { FakeDrive, type FakeItem } from "./drive.ts";
import { cutShort, page404, sendError, sendJson } from "./reply.ts";
import { itemJson, selected } from "./json.ts";
import { Subscriptions } from "./subscriptions.ts";

export interface FakeOneDriveOptions {
  readonly port?: number;
  /** of the host that files are downloaded from */
  readonly filesPort?: number;
  readonly business?: boolean;
  /** entries of a page at most; the default is what is asked for */
  readonly pageSize?: number;
  readonly now?: () => Date;
}

type On = "listing" | "read";

/** What only Graph can do wrong, beside the common faults. */
export type OneDriveFault =
  | Fault
  /** answers a page of the delta, or a download, by this function instead; false = as usual after all */
  | {
      readonly kind: "answer";
      readonly times: number;
      readonly on?: On;
      readonly answer: (response: ServerResponse, request: IncomingMessage) => boolean | void;
    };

/** How a delta token that has aged is refused. */
export interface Aged {
  readonly code: "resyncChangesApplyDifferences" | "resyncChangesUploadDifferences";
  /** what `Location` says: the API itself, a host of somebody else, or nothing */
  readonly location: string | "own" | null;
}

interface Armed {
  readonly fault: OneDriveFault;
  left: number;
}

interface Download {
  readonly drive: FakeDrive;
  readonly id: string;
  /** good for so many more requests */
  uses: number;
}

/**
 * Microsoft Graph as far as OneDrive is concerned, with its sign-in and, on another port, the host files are downloaded
 * from. Stateful: drives, delta tokens that age, addresses that expire.
 */
export class FakeOneDrive implements FakeSource {
  readonly oauth = new FakeOAuth({
    name: "Microsoft account",
    authorizePath: "/common/oauth2/v2.0/authorize",
    tokenPath: "/common/oauth2/v2.0/token",
    clientAuth: "body",
    tokenFormat: "form",
    rotates: true,
    // As Microsoft answers: without offline_access, and with more than was asked for.
    extras: () => ({ scope: "Files.Read User.Read profile openid email", ext_expires_in: 3_600 }),
    offline: (query) => (query.get("scope") ?? "").split(" ").includes("offline_access"),
  });
  readonly subscriptions: Subscriptions;
  readonly counts = { listings: 0, reads: 0, total: 0, pages: 0, downloads: 0 };
  /** requests of downloads that brought a token of ours along: must stay empty */
  readonly leaks: string[] = [];
  /** method and target of requests to the API, in order */
  readonly log: string[] = [];
  business: boolean;
  pageSize: number;
  /** token pages given out from now on are refused after `age()` */
  aged: Aged = { code: "resyncChangesApplyDifferences", location: "own" };
  /** called before each page of a delta, with its number since clear(): to change things meanwhile */
  beforePage: (number: number) => void = () => {};
  /** changes a page's body before it is sent */
  rewritePage: (body: Record<string, unknown>, number: number) => unknown = (body) => body;
  /** changes the address of a download */
  rewriteDownload: (address: string) => string = (address) => address;
  /** addresses are good for so many requests */
  downloadUses = 1;
  /** `host:port` pairs that could be reached as well */
  readonly neighbours: string[] = [];
  /** ids that answer with this status when they are read */
  readonly refused = new Map<string, number>();
  readonly #drives = new Map<string, FakeDrive>();
  readonly #downloads = new Map<string, Download>();
  readonly #api: Server;
  readonly #files: Server;
  readonly #sockets = new Set<Socket>();
  readonly #names = new Map<string, string>();
  readonly #texts = new Map<string, string>();
  readonly #now: () => Date;
  #faults: Armed[] = [];
  #epoch = 1;
  #grant: string | undefined;

  private constructor(options: FakeOneDriveOptions) {
    this.#now = options.now ?? (() => new Date());
    this.business = options.business ?? false;
    this.pageSize = options.pageSize ?? 1_000;
    this.subscriptions = new Subscriptions(this.#now);
    this.#api = createServer({ keepAliveTimeout: 60_000 }, (request, response) => void this.#serve(request, response));
    this.#files = createServer({ keepAliveTimeout: 60_000 }, (request, response) => this.#serveFile(request, response));
    for (const server of [this.#api, this.#files]) {
      server.on("connection", (socket) => {
        this.#sockets.add(socket);
        socket.on("close", () => this.#sockets.delete(socket));
      });
    }
  }

  static async start(options: FakeOneDriveOptions = {}): Promise<FakeOneDrive> {
    const fake = new FakeOneDrive(options);
    await listen(fake.#api, options.port ?? 0);
    await listen(fake.#files, options.filesPort ?? 0);
    return fake;
  }

  /** `http://127.0.0.1:port` of the API and the sign-in. */
  get origin(): string {
    return originOf(this.#api);
  }

  get filesOrigin(): string {
    return originOf(this.#files);
  }

  get env(): Readonly<Record<string, string>> {
    return {
      MICROSOFT_AUTHORIZE_URL: this.origin,
      MICROSOFT_TOKEN_URL: this.origin,
      MICROSOFT_GRAPH_URL: this.origin,
    };
  }

  get grant(): { readonly accessToken: string } {
    this.#grant ??= this.oauth.issue().accessToken;
    return { accessToken: this.#grant };
  }

  get allow(): readonly string[] {
    return [...[this.origin, this.filesOrigin].map((origin) => new URL(origin).host), ...this.neighbours];
  }

  readonly metadata = {};

  /** The drive of an account; the first account's is the one that tests fill. */
  drive(accountId = this.oauth.accounts[0]?.id ?? ""): FakeDrive {
    let drive = this.#drives.get(accountId);
    if (!drive) this.#drives.set(accountId, (drive = new FakeDrive(`drive${accountId}`, this.#now)));
    return drive;
  }

  async put(name: string, text: string): Promise<void> {
    const known = this.#names.get(name);
    if (known === undefined) {
      const id = this.drive().file(`${name}.txt`, text);
      this.#names.set(name, id);
      this.#texts.set(id, text);
    } else {
      this.drive().write(known, text);
      this.#texts.set(known, text);
    }
  }

  async remove(name: string): Promise<void> {
    const id = this.idOf(name);
    this.drive().remove(id);
    this.#texts.delete(id);
  }

  idOf(name: string): string {
    const id = this.#names.get(name);
    if (id === undefined) throw new Error(`there is no ${name}`);
    return id;
  }

  expected(): ReadonlyMap<string, string> {
    return this.#texts;
  }

  /** Delta tokens given out so far are not accepted any more. */
  age(how: Partial<Aged> = {}): void {
    this.#epoch++;
    this.aged = { ...this.aged, ...how };
  }

  fault(fault: OneDriveFault): void {
    this.#faults.push({ fault, left: fault.times });
  }

  clear(): void {
    this.#faults = [];
    this.log.length = 0;
    Object.assign(this.counts, { listings: 0, reads: 0, total: 0, pages: 0, downloads: 0 });
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await Promise.all([this.#api, this.#files].map((server) => new Promise((resolve) => server.close(resolve))));
  }

  // ---- the API ----

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? "/", "http://fake.invalid");
    if (/^\/[^/]+\/oauth2\/v2\.0\//.test(url.pathname)) {
      // Every tenant signs in the same people.
      request.url = (request.url ?? "").replace(/^\/[^/]+/, "/common");
      if (!(await this.oauth.handle(request, response))) sendError(response, 404, "notFound");
      return;
    }
    if (this.oauth.demonstrates(url.pathname)) return void (await this.oauth.handle(request, response));
    const on: On = url.pathname.endsWith("/content") ? "read" : "listing";
    this.#count(on);
    if (this.log.length < 100_000) this.log.push(`${request.method} ${request.url}`);
    this.#misbehave(on, request, response, (reply) => this.#answer(request, reply, url));
  }

  #count(on: On): void {
    this.counts.total++;
    this.counts[on === "listing" ? "listings" : "reads"]++;
  }

  #misbehave(
    on: On,
    request: IncomingMessage,
    response: ServerResponse,
    answer: (response: ServerResponse) => void,
  ): void {
    const armed = this.#faults.find(({ fault, left }) => left > 0 && (!("on" in fault) || (fault.on ?? on) === on));
    if (!armed) return answer(response);
    armed.left--;
    const { fault } = armed;
    switch (fault.kind) {
      case "status": {
        const headers: Record<string, string> =
          fault.retryAfter === undefined ? {} : { "retry-after": fault.retryAfter };
        return sendError(response, fault.status, fault.status === 429 ? "activityLimitReached" : "asAskedFor", headers);
      }
      case "unauthorized":
        return sendError(response, 401, "InvalidAuthenticationToken");
      case "reset":
        request.socket.resetAndDestroy();
        return;
      case "truncate":
      case "stall":
        return answer(cutShort(response, fault.kind));
      case "empty":
        if (on === "read") return sendError(response, 404, "itemNotFound");
        return this.#empty(request, response);
      case "latency":
        setTimeout(() => answer(response), fault.ms);
        return;
      case "answer":
        if (fault.answer(response, request) === false) answer(response);
        return;
      default:
        return fault satisfies never;
    }
  }

  /** Nothing there, and the place in the feed stays where it was. */
  #empty(request: IncomingMessage, response: ServerResponse): void {
    const url = new URL(request.url ?? "/", this.origin);
    if (!url.pathname.endsWith("/delta")) return sendJson(response, 200, { value: [] });
    const token = url.searchParams.get("token") ?? this.#token({ kind: "delta", since: 0, at: 0 });
    sendJson(response, 200, { value: [], "@odata.deltaLink": this.#deltaLink(token) });
  }

  #answer(request: IncomingMessage, response: ServerResponse, url: URL): void {
    const account = this.oauth.accountOf(request);
    if (!account) return sendError(response, 401, "InvalidAuthenticationToken");
    const path = decodeURIComponent(url.pathname);
    if (!path.startsWith("/v1.0/")) return page404(response);
    const drive = this.drive(account.id);
    const route = path.slice("/v1.0".length);
    if (route === "/me") return sendJson(response, 200, meOf(account));
    if (route.startsWith("/subscriptions")) return void this.subscriptions.serve(request, response, route);
    if (request.method !== "GET") return sendError(response, 405, "notAllowed");
    if (route === "/me/drive")
      return sendJson(response, 200, { id: drive.id, driveType: this.business ? "business" : "personal" });
    if (route === "/me/drive/root/delta") return this.#delta(response, drive, url);
    const match = /^\/me\/drive\/(?:items\/([^/]+)|(root))(?:\/(children|content|search\(q='(.*)'\)))?$/.exec(route);
    const item = match && drive.get(match[1] ?? "root");
    if (!match || !item || item.deleted) return sendError(response, 404, "itemNotFound");
    const [, , , what, words] = match;
    if (what === undefined) return sendJson(response, 200, this.#json(drive, item, url));
    if (what === "content") return this.#content(response, drive, item);
    const found = what === "children" ? drive.childrenOf(item.id) : searched(drive, item, words ?? "");
    this.#list(response, drive, found, url);
  }

  #json(drive: FakeDrive, item: FakeItem, url: URL): unknown {
    return selected(itemJson(drive, item, { business: this.business, delta: false }), url.searchParams.get("$select"));
  }

  #list(response: ServerResponse, drive: FakeDrive, items: readonly FakeItem[], url: URL): void {
    const from = Number(Buffer.from(url.searchParams.get("$skiptoken") ?? "", "base64url").toString() || "0");
    const size = Math.min(this.pageSize, Number(url.searchParams.get("$top") ?? "200"));
    const next = new URL(url.pathname + url.search, this.origin);
    next.searchParams.set("$skiptoken", Buffer.from(String(from + size)).toString("base64url"));
    sendJson(response, 200, {
      value: items.slice(from, from + size).map((item) => this.#json(drive, item, url)),
      ...(from + size < items.length ? { "@odata.nextLink": next.href } : {}),
    });
  }

  #delta(response: ServerResponse, drive: FakeDrive, url: URL): void {
    this.beforePage(++this.counts.pages);
    const given = url.searchParams.get("token");
    const token =
      given === null ? ({ kind: "walk", epoch: this.#epoch, since: drive.seq, at: 0 } as const) : readToken(given);
    if (!token) return sendError(response, 400, "invalidRequest");
    if (token.epoch < this.#epoch) return this.#refuseToken(response, drive);
    const size = Math.min(this.pageSize, Number(url.searchParams.get("$top") ?? "1000"));
    const page = deltaPage(drive, token, size);
    const link = this.#deltaLink(writeToken(page.token));
    const body = this.rewritePage(
      {
        value: page.items.map((item) => itemJson(drive, item, { business: this.business, delta: true })),
        [page.more ? "@odata.nextLink" : "@odata.deltaLink"]: link,
      },
      this.counts.pages,
    );
    if (typeof body === "string") response.writeHead(200, { "content-type": "text/html" }).end(body);
    else sendJson(response, 200, body);
  }

  #refuseToken(response: ServerResponse, drive: FakeDrive): void {
    const { code, location } = this.aged;
    const fresh = this.#deltaLink(this.#token({ kind: "walk", since: drive.seq, at: 0 }));
    const headers: Record<string, string> =
      location === null ? {} : { location: location === "own" ? fresh : location };
    sendError(response, 410, code, headers);
  }

  #token(token: Omit<Token, "epoch">): string {
    return writeToken({ ...token, epoch: this.#epoch });
  }

  #deltaLink(token: string): string {
    return `${this.origin}/v1.0/me/drive/root/delta?token=${token}`;
  }

  #content(response: ServerResponse, drive: FakeDrive, item: FakeItem): void {
    const refused = this.refused.get(item.id);
    if (refused !== undefined) return sendError(response, refused, refused === 403 ? "accessDenied" : "asAskedFor");
    if (item.kind !== "file") return sendError(response, 400, "invalidRequest");
    const key = randomBytes(12).toString("base64url");
    this.#downloads.set(key, { drive, id: item.id, uses: this.downloadUses });
    const location = this.rewriteDownload(`${this.filesOrigin}/y4m/${key}?tempauth=${randomBytes(6).toString("hex")}`);
    response.writeHead(302, { location }).end();
  }

  // ---- the host of the files ----

  #serveFile(request: IncomingMessage, response: ServerResponse): void {
    this.counts.downloads++;
    this.counts.total++;
    this.#misbehave("read", request, response, (reply) => {
      if (request.headers.authorization !== undefined) {
        this.leaks.push(request.url ?? "");
        return sendError(reply, 400, "invalidRequest");
      }
      const key = /^\/y4m\/([\w-]+)/.exec(request.url ?? "")?.[1] ?? "";
      const download = this.#downloads.get(key);
      const item = download?.drive.get(download.id);
      if (!download || download.uses-- <= 0) return sendError(reply, 401, "unauthenticated");
      if (!item || item.deleted) return sendError(reply, 404, "itemNotFound");
      if (download.uses <= 0) this.#downloads.delete(key);
      const body = item.body();
      reply.writeHead(200, { "content-type": item.mime, "content-length": body.length }).end(body);
    });
  }
}

function meOf({ id, name, email }: FakeAccount): unknown {
  return { id, displayName: name, mail: email, userPrincipalName: email };
}

/** By name, anywhere below. */
function searched(drive: FakeDrive, top: FakeItem, words: string): readonly FakeItem[] {
  const wanted = words.replaceAll("''", "'").toLowerCase();
  return drive.ordered.filter(
    (item) =>
      !item.deleted &&
      item.parent !== null &&
      item.name.toLowerCase().includes(wanted) &&
      drive.ancestorsOf(item).includes(top),
  );
}

async function listen(server: Server, port: number): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", resolve);
  });
}

function originOf(server: Server): string {
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
