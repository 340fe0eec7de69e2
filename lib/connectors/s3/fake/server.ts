import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { decodeKey, encodeKey } from "#lib/contract/key.ts";
import type { FakeSource, Fault } from "#lib/testing/fake-source.ts";
import { type ListingQuirks, listReply, xmlEscape } from "./listing.ts";
import { type ByteKey, MemoryObjects, type Objects, type PutOptions, type StoredObject } from "./objects.ts";
import { type Account, isRefusal, percentDecode, type Refusal, verify } from "./signature.ts";

export interface FakeS3Options {
  readonly bucket?: string;
  readonly region?: string;
  /** further regions whose signatures are accepted, e.g. auto */
  readonly alsoRegions?: readonly string[];
  readonly accounts?: readonly Account[];
  readonly prefix?: string;
  /** absent = objects are put; synthetic sets are read-only */
  readonly objects?: Objects;
  readonly port?: number;
  readonly now?: () => Date;
  /** id of the bucket's owner as ?acl tells it; absent = ?acl is denied */
  readonly owner?: string;
}

type On = "listing" | "read";

/** What only an S3 store can do wrong, beside the common faults. */
export type S3Fault =
  | Fault
  /** answers by this function instead */
  | {
      readonly kind: "answer";
      readonly times: number;
      readonly on?: On;
      readonly answer: (response: ServerResponse, request: IncomingMessage) => void;
    };

interface Armed {
  readonly fault: S3Fault;
  left: number;
}

/**
 * A strict, stateful S3 store on a loopback port: checks signatures and regions, pages, encodes, knows If-Match, Range,
 * storage classes and refusals, and misbehaves on request.
 */
export class FakeS3 implements FakeSource {
  readonly bucket: string;
  readonly region: string;
  /** mutable: revoke or rotate credentials in mid-run */
  accounts: Account[];
  quirks: ListingQuirks = {};
  owner: string | undefined;
  /** requests in arrival order: method and raw target */
  readonly log: string[] = [];
  readonly counts = { listings: 0, reads: 0, total: 0 };
  /** most requests under way at once since the last clear() */
  busiest = 0;
  readonly #options: FakeS3Options;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #texts = new Map<string, string>();
  readonly #now: () => Date;
  #faults: Armed[] = [];
  #objects: Objects;
  #busy = 0;

  private constructor(options: FakeS3Options) {
    this.#options = options;
    this.bucket = options.bucket ?? "docs";
    this.region = options.region ?? "eu-test-1";
    this.accounts = [...(options.accounts ?? [{ accessKeyId: "AKIDFAKE", secretAccessKey: "fake/Secret+Key=" }])];
    this.owner = options.owner;
    this.#objects = options.objects ?? new MemoryObjects();
    this.#now = options.now ?? (() => new Date());
    this.#server = createServer({ keepAliveTimeout: 60_000 }, (request, response) => this.#serve(request, response));
    this.#server.on("connection", (socket) => {
      this.#sockets.add(socket);
      socket.on("close", () => this.#sockets.delete(socket));
    });
  }

  static async start(options: FakeS3Options = {}): Promise<FakeS3> {
    const fake = new FakeS3(options);
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

  get metadata(): Readonly<Record<string, string>> {
    const [account] = this.accounts;
    return {
      accessKeyId: account?.accessKeyId ?? "",
      secretAccessKey: account?.secretAccessKey ?? "",
      bucket: this.bucket,
      region: this.region,
      endpoint: `http://${this.host}`,
      ...(this.#options.prefix === undefined ? {} : { prefix: this.#options.prefix }),
    };
  }

  async put(name: string, text: string): Promise<void> {
    const id = (this.#options.prefix ?? "") + name;
    this.object(id, text);
    this.#texts.set(id, text);
  }

  async remove(name: string): Promise<void> {
    const id = (this.#options.prefix ?? "") + name;
    this.#memory().delete(toBytes(id));
    this.#texts.delete(id);
  }

  /** Puts an object under its exact id, with any property a store may give it. */
  object(id: string, body: string | Buffer, options: PutOptions = {}): void {
    this.#memory().put(toBytes(id), typeof body === "string" ? Buffer.from(body) : body, {
      modified: this.#now(),
      ...options,
    });
  }

  expected(): ReadonlyMap<string, string> {
    return this.#texts;
  }

  fault(fault: S3Fault): void {
    this.#faults.push({ fault, left: fault.times });
  }

  clear(): void {
    this.#faults = [];
    this.log.length = 0;
    this.busiest = 0;
    Object.assign(this.counts, { listings: 0, reads: 0, total: 0 });
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #memory(): MemoryObjects {
    if (this.#objects instanceof MemoryObjects) return this.#objects;
    throw new TypeError("a generated set of objects is read-only");
  }

  #serve(request: IncomingMessage, response: ServerResponse): void {
    request.resume();
    this.busiest = Math.max(this.busiest, ++this.#busy);
    response.on("close", () => this.#busy--);
    const target = this.#target(request);
    const on: On = target.key === undefined ? "listing" : "read";
    this.counts.total++;
    this.counts[on === "listing" ? "listings" : "reads"]++;
    if (this.log.length < 100_000) this.log.push(`${request.method} ${request.url}`);
    const fault = this.#next(on);
    if (fault?.kind === "latency") setTimeout(() => this.#answer(request, response, target), fault.ms);
    else if (!fault || !this.#misbehave(fault, request, response, target)) this.#answer(request, response, target);
  }

  #target(request: IncomingMessage): { readonly bucket: string; readonly key: ByteKey | undefined } {
    const path = percentDecode(request.url?.split("?", 1)[0] ?? "/").slice(1);
    const host = request.headers.host ?? "";
    if (host.startsWith(`${this.bucket}.`)) return { bucket: this.bucket, key: path === "" ? undefined : path };
    const slash = path.indexOf("/");
    const key = slash < 0 ? "" : path.slice(slash + 1);
    return { bucket: slash < 0 ? path : path.slice(0, slash), key: key === "" ? undefined : key };
  }

  #next(on: On): S3Fault | undefined {
    const armed = this.#faults.find(({ fault, left }) => left > 0 && (!("on" in fault) || (fault.on ?? on) === on));
    if (armed) armed.left--;
    return armed?.fault;
  }

  /** @returns false if the request is to be answered normally after all */
  #misbehave(
    fault: S3Fault,
    request: IncomingMessage,
    response: ServerResponse,
    target: { readonly bucket: string; readonly key: ByteKey | undefined },
  ): boolean {
    switch (fault.kind) {
      case "status": {
        const headers: Record<string, string> =
          fault.retryAfter === undefined ? {} : { "retry-after": fault.retryAfter };
        const code = fault.status === 503 ? "SlowDown" : "InternalError";
        sendError(response, { status: fault.status, code, message: "as asked for" }, headers);
        return true;
      }
      case "unauthorized":
        sendError(response, { status: 403, code: "InvalidAccessKeyId", message: "as asked for" });
        return true;
      case "reset":
        request.socket.resetAndDestroy();
        return true;
      case "truncate":
      case "stall":
        this.#answer(request, cutShort(response, fault.kind), target);
        return true;
      case "empty":
        if (target.key !== undefined) sendError(response, { status: 404, code: "NoSuchKey", message: "as asked for" });
        else sendXml(response, 200, listReply(new MemoryObjects(), queryOf(request), {}, this.bucket) ?? "");
        return true;
      case "answer":
        fault.answer(response, request);
        return true;
      case "latency":
        return false;
      default:
        return fault satisfies never;
    }
  }

  #answer(
    request: IncomingMessage,
    response: ServerResponse,
    target: { readonly bucket: string; readonly key: ByteKey | undefined },
  ): void {
    response.setHeader("date", this.#now().toUTCString());
    const method = request.method ?? "GET";
    const regions = [this.region, ...(this.#options.alsoRegions ?? [])];
    const url = request.url ?? "/";
    const result = verify({ method, url, headers: request.headers }, this.accounts, regions, this.#now());
    if (isRefusal(result)) {
      sendError(response, result, result.region === undefined ? {} : { "x-amz-bucket-region": result.region });
      return;
    }
    if (target.bucket !== this.bucket) {
      sendError(response, { status: 404, code: "NoSuchBucket", message: "The specified bucket does not exist" });
    } else if (target.key === undefined) {
      this.#answerBucket(request, response);
    } else {
      this.#answerObject(request, response, target.key);
    }
  }

  #answerBucket(request: IncomingMessage, response: ServerResponse): void {
    const query = queryOf(request);
    if (query.has("acl")) {
      if (this.owner === undefined) {
        sendError(response, { status: 403, code: "AccessDenied", message: "Access Denied" });
      } else {
        sendXml(
          response,
          200,
          `<?xml version="1.0"?><AccessControlPolicy><Owner><ID>${this.owner}</ID></Owner></AccessControlPolicy>`,
        );
      }
      return;
    }
    if (request.method === "HEAD") {
      response.writeHead(200).end();
      return;
    }
    const reply =
      query.get("list-type") === "2" ? listReply(this.#objects, query, this.quirks, this.bucket) : undefined;
    if (reply === undefined) sendError(response, { status: 400, code: "InvalidArgument", message: "Not supported" });
    else sendXml(response, 200, reply);
  }

  #answerObject(request: IncomingMessage, response: ServerResponse, key: ByteKey): void {
    const object = this.#objects.find(key);
    const refusal = object === undefined ? notFound : refusals[object.access];
    if (object === undefined || refusal) {
      sendError(response, refusal ?? notFound);
      return;
    }
    const wanted = request.headers["if-match"];
    if (wanted !== undefined && wanted !== `"${object.etag}"`) {
      const message = "At least one of the pre-conditions you specified did not hold";
      sendError(response, { status: 412, code: "PreconditionFailed", message });
      return;
    }
    const body = this.#objects.body(object);
    const range = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? "");
    const part = range ? body.subarray(Number(range[1]), Number(range[2]) + 1) : body;
    response.writeHead(range ? 206 : 200, { ...headersOf(object), "content-length": part.length });
    response.end(request.method === "HEAD" ? undefined : part);
  }
}

const notFound: Refusal = { status: 404, code: "NoSuchKey", message: "The specified key does not exist." };

const refusals: Readonly<Record<StoredObject["access"], Refusal | undefined>> = {
  readable: undefined,
  denied: { status: 403, code: "AccessDenied", message: "Access Denied" },
  "sse-c": {
    status: 400,
    code: "InvalidRequest",
    message:
      "The object was stored using a form of Server Side Encryption. The correct parameters must be provided to retrieve the object.",
  },
  kms: { status: 400, code: "KMS.DisabledException", message: "The key is disabled." },
  archived: {
    status: 403,
    code: "InvalidObjectState",
    message: "The operation is not valid for the object's access tier",
  },
  vanished: notFound,
};

function headersOf(object: StoredObject): Record<string, string> {
  return {
    etag: `"${object.etag}"`,
    "last-modified": object.modified.toUTCString(),
    "content-type": object.contentType,
    ...(object.contentEncoding === undefined ? {} : { "content-encoding": object.contentEncoding }),
  };
}

/** The id of a key as the connector reports it. */
export function toId(key: ByteKey): string {
  return decodeKey(Buffer.from(key, "latin1"));
}

export function toBytes(id: string): ByteKey {
  return Buffer.from(encodeKey(id)).toString("latin1");
}

function queryOf(request: IncomingMessage): ReadonlyMap<string, string> {
  const at = request.url?.indexOf("?") ?? -1;
  const pairs = at < 0 ? [] : (request.url?.slice(at + 1) ?? "").split("&");
  return new Map(
    pairs.map((pair) => {
      const equals = pair.indexOf("=");
      return equals < 0
        ? [percentDecode(pair), ""]
        : [percentDecode(pair.slice(0, equals)), percentDecode(pair.slice(equals + 1))];
    }),
  );
}

function sendXml(response: ServerResponse, status: number, xml: string, headers: Record<string, string> = {}): void {
  const body = Buffer.from(xml);
  response.writeHead(status, { ...headers, "content-type": "application/xml", "content-length": body.length });
  response.end(body);
}

export function sendError(response: ServerResponse, refusal: Refusal, headers: Record<string, string> = {}): void {
  const region = refusal.region === undefined ? "" : `<Region>${refusal.region}</Region>`;
  sendXml(
    response,
    refusal.status,
    `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${refusal.code}</Code><Message>${xmlEscape(refusal.message)}</Message>${region}<RequestId>fake</RequestId></Error>`,
    headers,
  );
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
