import { EgressError, type Http, type HttpReply } from "#lib/egress/types.ts";
import { type Address, addressOf, hostsOf, isAmazon } from "./address.ts";
import type { S3Config } from "./config.ts";
import { amzDate, emptyHash, Signer } from "./sigv4.ts";
import { readStoreError, type StoreError } from "./store-error.ts";
import { uriEncodePath } from "./uri.ts";

export interface S3Request {
  /** an object's key; absent = the bucket itself */
  readonly key?: string;
  /** canonical query: encoded, sorted by name */
  readonly query?: string;
  /** not signed */
  readonly headers?: Readonly<Record<string, string>>;
  readonly maxBytes?: number;
  readonly signal?: AbortSignal;
  readonly totalTimeoutMs?: number;
  readonly retries?: number;
}

/** Corrections per request: one of the region, one of the clock. */
const maxCorrections = 2;
const defaultBodyRetries = 2;
/** Rounds of tries after the first for a store that says SlowDown. */
const moreRounds = 2;
/** Stores accept up to 15 minutes; below one minute the clock is not what they complain about. */
const minSkewMs = 60_000;

/** Signed GETs to one bucket. Learns the bucket's real region and the store's clock from what the store refuses. */
export class S3Client {
  readonly #config: Readonly<S3Config>;
  readonly #http: Http;
  readonly #now: () => Date;
  readonly #reachable: ReadonlySet<string>;
  #region: string;
  #address: Address;
  #signer: Signer;
  #skewMs = 0;
  #secondMs = -1;
  #stamp = "";

  constructor(config: Readonly<S3Config>, http: Http, now: () => Date) {
    this.#config = config;
    this.#http = http;
    this.#now = now;
    this.#reachable = new Set(hostsOf(config));
    this.#region = config.region;
    this.#address = addressOf(config, config.region);
    this.#signer = new Signer(config, config.region);
  }

  /** The region requests are signed for: the configured one, or what the store said instead. */
  get region(): string {
    return this.#region;
  }

  /** How far the store's clock is ahead of ours, once it has complained; 0 before. */
  get skewMs(): number {
    return this.#skewMs;
  }

  /** Host name of the store, for messages. */
  get host(): string {
    return this.#address.host;
  }

  /** A successful reply's body; one that breaks off is asked for again. @throws StoreError, EgressError */
  async getBytes(request: S3Request): Promise<{ readonly reply: HttpReply; readonly bytes: Uint8Array }> {
    for (let left = request.retries ?? defaultBodyRetries; ; left--) {
      const reply = await this.get(request);
      try {
        return { reply, bytes: await reply.bytes() };
      } catch (error) {
        const brokeOff = error instanceof EgressError && (error.kind === "truncated" || error.kind === "reset");
        if (!brokeOff || left <= 0) throw error;
      }
    }
  }

  /** A successful reply. @throws StoreError, EgressError */
  async get(request: S3Request): Promise<HttpReply> {
    let corrections = 0;
    let patience = request.retries === 0 ? 0 : moreRounds;
    for (;;) {
      const region = this.#region;
      const skewMs = this.#skewMs;
      const reply = await this.#send(request);
      if (reply.status >= 200 && reply.status < 300) return reply;
      const error = await readStoreError(reply, [this.#config.accessKeyId, this.#config.secretAccessKey]);
      // The egress has waited and tried a few times already; a store that is only busy deserves more of that.
      if (error.code === "SlowDown" && patience-- > 0) continue;
      if (corrections++ >= maxCorrections || !this.#learn(error, region, skewMs)) throw error;
    }
  }

  #send(request: S3Request): Promise<HttpReply> {
    const address = this.#address;
    const path = request.key === undefined ? address.bucketPath : address.keyPath + uriEncodePath(request.key);
    const query = request.query ?? "";
    const date = this.#date();
    const authorization = this.#signer.authorization({
      method: "GET",
      path,
      query,
      headers: [
        ["host", address.host],
        ["x-amz-content-sha256", emptyHash],
        ["x-amz-date", date],
      ],
      payloadHash: emptyHash,
      amzDate: date,
    });
    const target = query ? `${path}?${query}` : path;
    return this.#http.request(address.origin + target, {
      // Parsed as a URL it would lose the dot segments of a key such as "a/../b".
      target,
      headers: { ...request.headers, "x-amz-content-sha256": emptyHash, "x-amz-date": date, authorization },
      secure: true,
      ...(request.maxBytes === undefined ? {} : { maxBytes: request.maxBytes }),
      ...(request.signal === undefined ? {} : { signal: request.signal }),
      ...(request.totalTimeoutMs === undefined ? {} : { totalTimeoutMs: request.totalTimeoutMs }),
      ...(request.retries === undefined ? {} : { retries: request.retries }),
    });
  }

  #date(): string {
    const ms = this.#now().getTime() + this.#skewMs;
    const second = Math.floor(ms / 1000);
    if (second !== this.#secondMs) {
      this.#secondMs = second;
      this.#stamp = amzDate(new Date(ms));
    }
    return this.#stamp;
  }

  /** Takes a correction out of a refusal. @returns whether to ask again */
  #learn(error: StoreError, region: string, skewMs: number): boolean {
    if (error.code === "RequestTimeTooSkewed") {
      // Another request may have learned it meanwhile.
      if (this.#skewMs !== skewMs) return true;
      if (!error.date) return false;
      const skew = error.date.getTime() - this.#now().getTime();
      if (Math.abs(skew - skewMs) < minSkewMs) return false;
      this.#skewMs = skew;
      return true;
    }
    const elsewhere = error.status === 301 || error.status === 307 || error.status === 400 || error.status === 403;
    if (!elsewhere || !error.region) return false;
    if (this.#region !== region) return true;
    if (error.region === region) return false;
    // Only to a host we derive ourselves; whatever Location says is never followed.
    const address = addressOf(this.#config, error.region);
    if (isAmazon(this.#config) && !this.#reachable.has(new URL(address.origin).hostname)) return false;
    this.#region = error.region;
    this.#address = address;
    this.#signer = new Signer(this.#config, error.region);
    return true;
  }
}

const clients = new WeakMap<object, S3Client>();

/** The client of a run: one per `ctx.http`, so that what it learned and its signing key serve every read. */
export function clientOf(ctx: {
  readonly config: Readonly<S3Config>;
  readonly http: Http;
  readonly now: () => Date;
}): S3Client {
  let client = clients.get(ctx.http);
  if (!client) {
    client = new S3Client(ctx.config, ctx.http, ctx.now);
    clients.set(ctx.http, client);
  }
  return client;
}
