import { defaultHttpOptions } from "#lib/egress/defaults.ts";
import { createHttp, type ClosableHttp } from "#lib/egress/http.ts";
import { EgressError, type HttpReply, type HttpRequest } from "#lib/egress/types.ts";
import type { Env } from "#lib/env.ts";
import { EmbeddingsError } from "./embeddings-error.ts";
import { readEmbeddings } from "./embeddings-reply.ts";

/** POST {url}/embeddings: https://platform.openai.com/docs/api-reference/embeddings, as Ollama, vLLM, TEI and others speak it. */

const passageMs = 30_000;
/** Characters of one request: a model on a CPU has to finish them in time. */
const requestCharacters = 64_000;
/** A hundred vectors of 3,072 numbers, written out. */
const replyBytes = 32 * 1024 * 1024;
/** A text the model finds too long is cut to half, but no further than this. */
const shortestCharacters = 200;

export class EmbeddingsEndpoint {
  readonly #url: string;
  readonly #host: string;
  readonly #model: string;
  readonly #key: string | undefined;
  readonly #dimensions: number | undefined;
  readonly #batch: number;
  readonly #passages: ClosableHttp;
  /** apart, so that no query waits because passages were asked to */
  readonly #queries: ClosableHttp;

  constructor(url: string, model: string, settings: Env) {
    const { hostname, port, protocol, host } = new URL(url);
    const { allow, ...others } = defaultHttpOptions();
    const options = {
      ...others,
      // named by the operator, as the addresses of providers are
      allow: [...allow, `${hostname}:${port || (protocol === "https:" ? "443" : "80")}`],
      hosts: [hostname],
    };
    this.#url = `${url.replace(/\/+$/, "")}/embeddings`;
    this.#host = host;
    this.#model = model;
    this.#key = settings.EMBEDDINGS_API_KEY;
    this.#dimensions = settings.EMBEDDINGS_DIMENSIONS;
    this.#batch = settings.EMBEDDINGS_BATCH;
    this.#passages = createHttp({ ...options, pace: { perSecond: 0, concurrency: 2 } });
    this.#queries = createHttp({ ...options, pace: { perSecond: 0, concurrency: 8 } });
  }

  /** @throws EmbeddingsError; the signal's reason */
  async query(text: string, withinMs: number, signal: AbortSignal): Promise<Float32Array> {
    const deadline = AbortSignal.timeout(withinMs);
    const vectors = await this.#ask(this.#queries, [text], AbortSignal.any([signal, deadline]), {
      retries: 0,
      connectTimeoutMs: withinMs,
      totalTimeoutMs: withinMs,
    }).catch((cause: unknown) => {
      // A caller whose own patience ended has learned the same about the endpoint.
      if (deadline.aborted || ranOut(signal)) {
        throw new EmbeddingsError("unavailable", `${this.#host} did not answer in ${withinMs} ms.`);
      }
      signal.throwIfAborted();
      throw cause;
    });
    return vectors[0] ?? missing(this.#host);
  }

  /** @throws EmbeddingsError; the signal's reason */
  async passages(texts: readonly string[], signal: AbortSignal): Promise<Float32Array[]> {
    const vectors: Float32Array[] = [];
    for (const batch of this.#batches(texts)) vectors.push(...(await this.#patient(batch, signal)));
    if (new Set(vectors.map((vector) => vector.length)).size > 1) {
      throw new EmbeddingsError("bad_reply", `${this.#host} gives vectors of different sizes for one model.`);
    }
    return vectors;
  }

  *#batches(texts: readonly string[]): Generator<readonly string[]> {
    let batch: string[] = [];
    let characters = 0;
    for (const text of texts) {
      if (batch.length === this.#batch || (batch.length > 0 && characters + text.length > requestCharacters)) {
        yield batch;
        batch = [];
        characters = 0;
      }
      batch.push(text);
      characters += text.length;
    }
    if (batch.length > 0) yield batch;
  }

  /** One text a model cannot take would keep a whole batch from being embedded: it is found by halves, and shortened. */
  async #patient(texts: readonly string[], signal: AbortSignal): Promise<Float32Array[]> {
    try {
      return await this.#ask(this.#passages, texts, signal, { totalTimeoutMs: passageMs });
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof EmbeddingsError) || error.kind !== "refused") throw error;
      const half = Math.ceil(texts.length / 2);
      if (texts.length > 1) {
        const first = await this.#patient(texts.slice(0, half), signal);
        return [...first, ...(await this.#patient(texts.slice(half), signal))];
      }
      const text = texts[0] ?? "";
      const shorter = text.slice(0, Math.floor(text.length / 2)).toWellFormed();
      if (shorter.length < shortestCharacters) throw error;
      return this.#patient([shorter], signal);
    }
  }

  async #ask(
    http: ClosableHttp,
    input: readonly string[],
    signal: AbortSignal,
    request: Pick<HttpRequest, "retries" | "connectTimeoutMs" | "totalTimeoutMs">,
  ): Promise<Float32Array[]> {
    let reply: HttpReply;
    let text: string;
    try {
      reply = await http.request(this.#url, {
        ...request,
        method: "POST",
        repeatable: true,
        headers: {
          "content-type": "application/json",
          accept: "application/json",
          ...(this.#key === undefined ? {} : { authorization: `Bearer ${this.#key}` }),
        },
        body: JSON.stringify({
          model: this.#model,
          input,
          encoding_format: "float",
          ...(this.#dimensions === undefined ? {} : { dimensions: this.#dimensions }),
        }),
        maxBytes: replyBytes,
        signal,
      });
      text = await reply.text();
    } catch (cause) {
      signal.throwIfAborted();
      if (!(cause instanceof EgressError)) throw cause;
      throw new EmbeddingsError("unavailable", cause.message, { cause });
    }
    if (reply.status !== 200) throw this.#refusal(reply.status);
    return readEmbeddings(text, input.length, this.#dimensions, this.#host);
  }

  /** What the endpoint says itself is left out: some repeat the key, some the texts. */
  #refusal(status: number): EmbeddingsError {
    const says = `${this.#host} answers ${status}`;
    if (status === 401 || status === 403) {
      return new EmbeddingsError("unavailable", `${says}: check EMBEDDINGS_API_KEY.`);
    }
    if (status === 404) {
      return new EmbeddingsError("unavailable", `${says}: check EMBEDDINGS_URL and EMBEDDINGS_MODEL.`);
    }
    if (status === 400 || status === 413 || status === 422) {
      return new EmbeddingsError(
        "refused",
        `${says}: it does not take these texts, or not with EMBEDDINGS_DIMENSIONS.`,
      );
    }
    return new EmbeddingsError("unavailable", `${says}.`);
  }
}

function ranOut(signal: AbortSignal): boolean {
  return signal.aborted && signal.reason instanceof DOMException && signal.reason.name === "TimeoutError";
}

function missing(host: string): never {
  throw new EmbeddingsError("bad_reply", `${host} gives no vector.`);
}
