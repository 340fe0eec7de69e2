import { Aborts } from "./abort.ts";
import { systemClock, type Clock } from "./clock.ts";
import { Deadlines } from "./deadlines.ts";
import { acceptEncoding } from "./decode.ts";
import { sharedResolve, type Resolve } from "./dns.ts";
import { Exchange } from "./exchange.ts";
import { isPassing } from "./faults.ts";
import { defaultLimits, limitsOf, type Limits } from "./limits.ts";
import { Origins, type Aim } from "./origins.ts";
import { Pacer } from "./pace.ts";
import { createPolicy } from "./policy.ts";
import { nextHop, withoutCredentials } from "./redirect.ts";
import { backoffMs, isIdempotent, readStatus, throttleWaits } from "./retry.ts";
import {
  EgressError,
  type Http,
  type HttpOptions,
  type HttpReply,
  type HttpRequest,
  type SharedPace,
} from "./types.ts";
import { WaitNotice } from "./wait-notice.ts";

/** Requests under way at once when no pace is given. */
const defaultConcurrency = 32;
const mostRedirects = 5;
const defaultRetries = 2;

/** Parts that tests replace. */
export interface HttpSeams {
  readonly clock?: Clock;
  readonly resolve?: Resolve;
  readonly random?: () => number;
  /** open instead of 80 and 443, so that canaries hear what only the address check keeps out */
  readonly ports?: readonly number[];
  /** PEM of the only certificate authority to trust */
  readonly ca?: string;
}

/** An Http that owns sockets. */
export interface ClosableHttp extends Http {
  /** Stops what is under way ("aborted") and closes the connections. */
  close(): Promise<void>;
}

interface Attempt {
  readonly method: NonNullable<HttpRequest["method"]>;
  readonly headers: string[];
  readonly body: string | Uint8Array | undefined;
}

/**
 * The way out for one connection (or one check): policy, pinned DNS, caps, redirects, pace and retries in one place.
 *
 * - 429, 529 and 503 with Retry-After are waited for (at most five times, 120 s each); a longer wait is an EgressError
 *   "throttled" that says how long, and that host is not asked again before then. 500, 502, 503, 504, resets, refused connections and silence before the headers
 *   are tried again `retries` times. When the tries are used up the last reply is returned as it is.
 * - POST and PATCH are only repeated when they cannot have been acted upon (no connection, 429, 529, 503 + Retry-After),
 *   or when the caller says that they change nothing (`repeatable`).
 * - `host`, `connection` and `content-length` headers are ours to set; a caller's are ignored.
 */
export function createHttp(options: HttpOptions, seams: HttpSeams = {}): ClosableHttp {
  return new EgressHttp(options, seams);
}

class EgressHttp implements ClosableHttp {
  readonly #options: HttpOptions;
  readonly #clock: Clock;
  readonly #random: () => number;
  readonly #pacer: Pacer;
  readonly #origins: Origins;
  readonly #deadlines = new Deadlines();
  readonly #aborts = new Aborts();
  readonly #notice: WaitNotice;
  readonly #closing = new AbortController();
  /** hosts that asked to be left alone, until when */
  readonly #pauses = new Map<string, number>();

  constructor(options: HttpOptions, seams: HttpSeams) {
    this.#options = options;
    this.#clock = seams.clock ?? systemClock;
    this.#random = seams.random ?? Math.random;
    const concurrency = Math.max(1, Math.floor(options.pace?.concurrency ?? defaultConcurrency));
    this.#pacer = new Pacer({ perSecond: options.pace?.perSecond ?? 0, concurrency }, this.#clock);
    this.#origins = new Origins({
      policy: createPolicy(options.allow, options.hosts, seams.ports),
      resolve: seams.resolve ?? sharedResolve,
      connections: concurrency,
      connectTimeoutMs: defaultLimits.connectTimeoutMs,
      ca: seams.ca,
    });
    this.#notice = new WaitNotice(options.onWait);
    const stop = (): void => this.#closing.abort(options.signal?.reason);
    if (options.signal?.aborted) stop();
    else options.signal?.addEventListener("abort", stop, { once: true, signal: this.#closing.signal });
  }

  async request(url: string | URL, request: HttpRequest = {}): Promise<HttpReply> {
    let aim = this.#origins.aim(url, request);
    let attempt = this.#prepare(request);
    const limits = limitsOf(request);
    const hops = Math.min(request.redirects ?? 0, mostRedirects);
    const reply = await this.#ask(aim, attempt, limits, request);
    if (hops === 0 || reply.status < 300 || reply.status > 308) return reply;

    let current = reply;
    const seen = new Set([aim.href]);
    for (let hop = 1; ; hop++) {
      const next = nextHop(
        current,
        aim.origin.door,
        attempt.method,
        request.body !== undefined,
        request.sameHost ?? false,
      );
      if (!next) return current;
      void current.discard();
      if (seen.has(next.url.href)) throw new EgressError("redirect", `${aim.origin.door.host} redirects in a circle.`);
      if (hop > hops) throw new EgressError("redirect", `${aim.origin.door.host} redirects more than ${hops} times.`);
      seen.add(next.url.href);
      if (next.leaves) {
        attempt = { ...attempt, headers: withoutCredentials(attempt.headers) };
      }
      if (next.asGet) attempt = { ...attempt, method: attempt.method === "HEAD" ? "HEAD" : "GET", body: undefined };
      aim = this.#origins.aim(next.url, request, aim.origin.door.host);
      current = await this.#ask(aim, attempt, limits, request);
    }
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await this.#origins.close();
  }

  #prepare(request: HttpRequest): Attempt {
    const headers: string[] = [];
    let agent = false;
    let encoding = false;
    for (const name in request.headers) {
      const value = request.headers[name];
      const lower = name.toLowerCase();
      if (value === undefined || ours.has(lower)) continue;
      if (lower === "user-agent") agent = true;
      else if (lower === "accept-encoding") encoding = true;
      headers.push(lower, value);
    }
    if (!agent) headers.push("user-agent", this.#options.userAgent);
    if (!encoding) headers.push("accept-encoding", acceptEncoding);
    return { method: request.method ?? "GET", headers, body: request.body };
  }

  /** One URL, as often as needed: resolves to a reply whose headers have come. */
  async #ask(aim: Aim, attempt: Attempt, limits: Limits, request: HttpRequest): Promise<Exchange> {
    const { host } = aim.origin.door;
    const idempotent = request.repeatable ?? isIdempotent(attempt.method);
    let left = request.retries ?? defaultRetries;
    let waits = left === 0 ? 0 : throttleWaits;
    for (let tries = 0; ; tries++) {
      let waitMs: number | undefined;
      const turn = this.#turn(request.signal, tries > 0, host);
      if (turn) {
        await turn;
        // the turn may have come in the very moment of the abort, which then found nobody waiting
        if (this.#closing.signal.aborted || request.signal?.aborted) {
          this.#pacer.end();
          throw stopped(host, request.signal?.reason ?? this.#closing.signal.reason);
        }
      }
      if (this.#options.sharedPace) await this.#sharedTurn(this.#options.sharedPace, request.signal, host);
      const pausedUntil = this.#pauses.get(host) ?? 0;
      if (pausedUntil > this.#clock.now()) {
        this.#pacer.end();
        throw throttled(host, Math.ceil((pausedUntil - this.#clock.now()) / 1000));
      }
      const exchange = this.#send(aim, attempt, limits, request.signal);
      try {
        await exchange.begun;
        const advice = readStatus(exchange.status, exchange.headers["retry-after"], idempotent, this.#clock.now());
        if (advice.kind === "reply") return exchange;
        if (advice.kind === "pause") {
          void exchange.discard();
          this.#pauses.set(host, this.#clock.now() + advice.seconds * 1000);
          this.#options.sharedPace?.hold(this.#clock.now() + advice.seconds * 1000);
          throw throttled(host, advice.seconds);
        }
        if (advice.kind === "throttled") {
          if (waits-- <= 0) return exchange;
          waitMs = advice.waitMs ?? backoffMs(this.#options.retryBaseMs, tries, this.#random());
          this.#pacer.hold(this.#clock.now() + waitMs);
          this.#options.sharedPace?.hold(this.#clock.now() + waitMs);
        } else {
          if (left-- <= 0) return exchange;
          waitMs = advice.waitMs;
        }
        void exchange.discard();
      } catch (error) {
        if (!(error instanceof EgressError) || !worthAnotherTry(error, exchange, idempotent) || left-- <= 0)
          throw error;
      }
      await this.#wait(waitMs ?? backoffMs(this.#options.retryBaseMs, tries, this.#random()), request.signal, host);
    }
  }

  #send(aim: Aim, attempt: Attempt, limits: Limits, signal: AbortSignal | undefined): Exchange {
    const { onReply } = this.#options;
    const started = onReply ? performance.now() : 0;
    const exchange = new Exchange(aim.href, aim.origin.door.host, limits, this.#deadlines, (ended) => {
      this.#pacer.end();
      this.#aborts.delete(this.#closing.signal, ended);
      if (signal) this.#aborts.delete(signal, ended);
      if (onReply && ended.status > 0) {
        onReply({ host: ended.host, status: ended.status, bytes: ended.received, ms: performance.now() - started });
      }
    });
    this.#aborts.add(this.#closing.signal, exchange);
    if (signal) this.#aborts.add(signal, exchange);
    aim.origin.pool.dispatch(
      { path: aim.path, method: attempt.method, headers: attempt.headers, body: attempt.body ?? null },
      exchange,
    );
    return exchange;
  }

  /** Undefined when the request may begin right now. */
  #turn(signal: AbortSignal | undefined, again: boolean, host: string): Promise<void> | undefined {
    if (this.#closing.signal.aborted) throw stopped(host, this.#closing.signal.reason);
    if (signal?.aborted) throw stopped(host, signal.reason);
    if (this.#pacer.tryBegin()) return undefined;
    const turn = this.#pacer.queue(again);
    return this.#abortable(turn, turn.begun, signal, host);
  }

  /** Our own turn has come; now that of all who ask as this account. @throws EgressError aborted; whatever turn() throws */
  async #sharedTurn(pace: SharedPace, signal: AbortSignal | undefined, host: string): Promise<void> {
    const stop = new AbortController();
    const waiter = { abort: (reason: unknown) => stop.abort(reason) };
    this.#aborts.add(this.#closing.signal, waiter);
    if (signal) this.#aborts.add(signal, waiter);
    try {
      await pace.turn(stop.signal);
      stop.signal.throwIfAborted();
    } catch (error) {
      this.#pacer.end();
      throw stop.signal.aborted ? stopped(host, stop.signal.reason) : error;
    } finally {
      this.#aborts.delete(this.#closing.signal, waiter);
      if (signal) this.#aborts.delete(signal, waiter);
    }
  }

  async #wait(ms: number, signal: AbortSignal | undefined, host: string): Promise<void> {
    if (this.#closing.signal.aborted) throw stopped(host, this.#closing.signal.reason);
    if (signal?.aborted) throw stopped(host, signal.reason);
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const cancel = this.#clock.after(ms, resolve);
    const done = this.#notice.begin(this.#clock.now() + ms);
    const sleeper = {
      abort(reason: unknown) {
        cancel();
        reject(reason);
      },
    };
    try {
      await this.#abortable(sleeper, promise, signal, host);
    } finally {
      done();
    }
  }

  async #abortable(
    member: { abort(reason: unknown): void },
    promise: Promise<void>,
    signal: AbortSignal | undefined,
    host: string,
  ): Promise<void> {
    this.#aborts.add(this.#closing.signal, member);
    if (signal) this.#aborts.add(signal, member);
    try {
      await promise;
    } catch (reason) {
      throw stopped(host, reason);
    } finally {
      this.#aborts.delete(this.#closing.signal, member);
      if (signal) this.#aborts.delete(signal, member);
    }
  }
}

/** Headers that describe the connection, which is ours. */
const ours = new Set(["host", "connection", "content-length", "keep-alive", "transfer-encoding", "upgrade", "expect"]);

function worthAnotherTry(error: EgressError, exchange: Exchange, idempotent: boolean): boolean {
  if (exchange.phase === "reading") return false;
  if (exchange.phase === "connecting") {
    return error.kind === "connect" || error.kind === "timeout" || error.kind === "reset" || isPassing(error);
  }
  return idempotent && (error.kind === "reset" || error.kind === "timeout");
}

function stopped(host: string, cause: unknown): EgressError {
  return new EgressError("aborted", `The request to ${host} was stopped.`, { cause });
}

function throttled(host: string, seconds: number): EgressError {
  return new EgressError("throttled", `${host} asks to be left alone for ${duration(seconds)}.`, {
    retryAfterSeconds: seconds,
  });
}

function duration(seconds: number): string {
  if (seconds < 120) return `${seconds} seconds`;
  if (seconds < 7200) return `${Math.round(seconds / 60)} minutes`;
  return `${Math.round(seconds / 3600)} hours`;
}
