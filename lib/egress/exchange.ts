import type { Dispatcher } from "undici";
import type { Abortable } from "./abort.ts";
import type { Deadlines, Timed } from "./deadlines.ts";
import { contentCodings, decodeStream, decodeWhole, tooLarge } from "./decode.ts";
import { toEgressError, type Phase } from "./faults.ts";
import type { Limits } from "./limits.ts";
import { EgressError, type HttpReply } from "./types.ts";

/** A reply nobody reads yet may wait in memory up to this size; then the socket is told to wait. */
const unreadBytes = 128 * 1024;
/** Reading so much more to keep a connection is cheaper than opening a new one. */
const drainBytes = 64 * 1024;

const noHeaders: Readonly<Record<string, string>> = Object.freeze({});

type Mode = "unread" | "collect" | "stream" | "discard";

/**
 * One attempt: undici's handler and the reply in one object, because a sync makes hundreds of thousands of them.
 * `begun` settles when the headers are there or it is clear they will not come; `onEnd` is called exactly once, when the
 * connection is free again.
 */
export class Exchange implements HttpReply, Dispatcher.DispatchHandler, Timed, Abortable {
  status = 0;
  headers: Readonly<Record<string, string>> = noHeaders;
  readonly url: string;
  readonly host: string;
  readonly begun: Promise<void>;
  phase: Phase = "connecting";
  /** bytes of the body as they came over the wire */
  received = 0;

  readonly #limits: Limits;
  readonly #deadlines: Deadlines;
  readonly #onEnd: (exchange: Exchange) => void;
  #begin: (() => void) | undefined;
  #fail: ((error: EgressError) => void) | undefined;
  #controller: Dispatcher.DispatchController | undefined;
  #mode: Mode = "unread";
  #chunks: Uint8Array[] = [];
  #held = 0;
  #paused = false;
  #ended = false;
  #error: EgressError | undefined;
  #wake: (() => void) | undefined;
  #deadline: number;
  #endBy: number;

  constructor(url: string, host: string, limits: Limits, deadlines: Deadlines, onEnd: (exchange: Exchange) => void) {
    this.url = url;
    this.host = host;
    this.#limits = limits;
    this.#deadlines = deadlines;
    this.#onEnd = onEnd;
    this.begun = new Promise<void>((resolve, reject) => {
      this.#begin = resolve;
      this.#fail = reject;
    });
    deadlines.add(this);
    this.#deadline = deadlines.now + limits.connectTimeoutMs;
    this.#endBy = deadlines.now + limits.totalTimeoutMs;
  }

  // ---- the reply ----

  async bytes(): Promise<Uint8Array> {
    this.#claim("collect");
    if (this.#paused) this.#resume();
    while (!this.#ended) await this.#change();
    if (this.#error) throw this.#error;
    const body = this.#take();
    const coding = this.headers["content-encoding"];
    if (coding === undefined || body.byteLength === 0) return body;
    return decodeWhole(body, contentCodings(coding, this.host), this.#limits.maxBytes, this.host);
  }

  async text(): Promise<string> {
    const bytes = await this.bytes();
    const hasMark = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf;
    return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("utf8", hasMark ? 3 : 0);
  }

  stream(): AsyncIterable<Uint8Array> {
    this.#claim("stream");
    const coding = this.headers["content-encoding"];
    if (coding === undefined) return this.#raw();
    try {
      const order = contentCodings(coding, this.host);
      return order.length === 0 ? this.#raw() : decodeStream(this.#raw(), order, this.#limits.maxBytes, this.host);
    } catch (error) {
      this.#stop(toEgressError(error, this.host, "reading"));
      throw error;
    }
  }

  async discard(): Promise<void> {
    if (this.#mode !== "unread") return;
    this.#mode = "discard";
    this.#chunks = [];
    this.#held = 0;
    if (this.#ended) return;
    if (Number(this.headers["content-length"] ?? 0) > drainBytes) {
      this.#stop(new EgressError("aborted", `The reply of ${this.host} was not wanted.`));
      return;
    }
    this.#resume();
    while (!this.#ended) await this.#change();
  }

  async *#raw(): AsyncGenerator<Uint8Array, void, void> {
    try {
      for (;;) {
        const chunk = this.#chunks.shift();
        if (chunk) {
          this.#held -= chunk.byteLength;
          yield chunk;
        } else if (this.#error) throw this.#error;
        else if (this.#ended) return;
        else {
          if (this.#paused) this.#resume();
          await this.#change();
        }
      }
    } finally {
      // the reader left early: the rest is not worth waiting for
      if (!this.#ended) this.#stop(new EgressError("aborted", `The reply of ${this.host} was not read to its end.`));
    }
  }

  #claim(mode: Mode): void {
    if (this.#mode !== "unread") throw new TypeError("The body of a reply can be read once");
    this.#mode = mode;
  }

  /** The body in memory of its own, so that it may be transferred to a worker thread. */
  #take(): Uint8Array {
    const whole = Buffer.allocUnsafeSlow(this.#held);
    let at = 0;
    for (const chunk of this.#chunks) {
      whole.set(chunk, at);
      at += chunk.byteLength;
    }
    this.#chunks = [];
    return whole;
  }

  #change(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }

  #notify(): void {
    const wake = this.#wake;
    this.#wake = undefined;
    wake?.();
  }

  #pause(): void {
    this.#paused = true;
    this.#deadline = Number.POSITIVE_INFINITY;
    this.#controller?.pause();
  }

  #resume(): void {
    this.#paused = false;
    this.#deadline = this.#deadlines.now + this.#limits.idleTimeoutMs;
    this.#controller?.resume();
  }

  // ---- undici's side ----

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#error) {
      controller.abort(this.#error);
      return;
    }
    this.phase = "waiting";
    this.#deadline = this.#deadlines.now + this.#limits.headersTimeoutMs;
  }

  onResponseStart(
    _controller: Dispatcher.DispatchController,
    status: number,
    headers: Record<string, string | string[] | undefined>,
  ): void {
    if (status < 200 || this.#ended) return;
    this.status = status;
    this.phase = "reading";
    this.#deadline = this.#deadlines.now + this.#limits.idleTimeoutMs;
    for (const name in headers) {
      const value = headers[name];
      if (typeof value === "object") headers[name] = value.join(", ");
    }
    this.headers = headers as Record<string, string>;
    this.#begin?.();
    this.#begin = undefined;
    this.#fail = undefined;
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.#ended) return;
    this.received += chunk.byteLength;
    this.#deadline = this.#deadlines.now + this.#limits.idleTimeoutMs;
    if (this.#mode === "discard") {
      if (this.received > drainBytes) {
        this.#stop(new EgressError("aborted", `The reply of ${this.host} was not wanted.`));
      }
      return;
    }
    if (this.received > this.#limits.maxBytes) {
      this.#stop(tooLarge(this.host, this.#limits.maxBytes));
      return;
    }
    this.#chunks.push(chunk);
    this.#held += chunk.byteLength;
    if (this.#mode === "collect") return;
    if (this.#held > unreadBytes) this.#pause();
    if (this.#mode === "stream") this.#notify();
  }

  onResponseEnd(): void {
    if (!this.#ended) this.#finish(undefined);
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    if (!this.#ended) this.#finish(toEgressError(error, this.host, this.phase));
  }

  // ---- limits ----

  tick(now: number): void {
    if (now > this.#endBy) {
      this.#stop(
        new EgressError("timeout", `${this.host} took longer than ${seconds(this.#limits.totalTimeoutMs)} in all.`),
      );
    } else if (now > this.#deadline) this.#stop(new EgressError("timeout", this.#lateness()));
  }

  shift(ms: number): void {
    this.#deadline += ms;
    this.#endBy += ms;
  }

  abort(reason: unknown): void {
    this.#stop(new EgressError("aborted", `The request to ${this.host} was stopped.`, { cause: reason }));
  }

  #lateness(): string {
    const limits = this.#limits;
    if (this.phase === "connecting") {
      return `${this.host} did not accept the connection within ${seconds(limits.connectTimeoutMs)}.`;
    }
    if (this.phase === "waiting") return `${this.host} did not answer within ${seconds(limits.headersTimeoutMs)}.`;
    return `${this.host} stopped sending in the middle of its reply for ${seconds(limits.idleTimeoutMs)}.`;
  }

  #stop(error: EgressError): void {
    if (this.#ended) return;
    this.#finish(error);
    this.#controller?.abort(error);
  }

  #finish(error: EgressError | undefined): void {
    this.#ended = true;
    this.#error = error;
    this.#deadlines.delete(this);
    if (error) {
      this.#chunks = [];
      this.#held = 0;
      this.#fail?.(error);
    }
    this.#begin = undefined;
    this.#fail = undefined;
    this.#onEnd(this);
    this.#notify();
  }
}

function seconds(ms: number): string {
  return ms < 1000 ? `${ms} ms` : `${Math.round(ms / 1000)} s`;
}
