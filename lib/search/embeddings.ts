import { createHash } from "node:crypto";
import { env, type Env } from "#lib/env.ts";
import { EmbeddingsEndpoint } from "./embeddings-endpoint.ts";
import { EmbeddingsError } from "./embeddings-error.ts";

/** Vectors for texts, from an OpenAI-compatible endpoint the operator names (EMBEDDINGS_*). Optional: see docs/search.md. */

export interface Embedder {
  readonly model: string;
  /** numbers per vector if the operator set them; else what the model gives */
  readonly dimensions: number | undefined;
  /** which vectors may be compared: the same for the same model and settings, until their size is known, too */
  readonly family: string;
  /** what the model wants before a text that is searched for later */
  readonly passagePrefix: string;
  /**
   * One vector of length 1 for each text, in order. Passages go out in batches, each with 30 s and with repetitions as
   * the endpoint asks for them; a query has 1.5 s and one try, and after a failure none is made for a while, so that a
   * search never waits for an endpoint that is down.
   * @throws EmbeddingsError; the reason of `signal` when that is aborted
   */
  embed(texts: readonly string[], kind: "passage" | "query", signal: AbortSignal): Promise<Float32Array[]>;
}

/** Query vectors remembered: about 6 MB of 1,536 numbers each. */
const remembered = 1_000;
const queryMs = 1_500;
/** After a failed query no other is made for so long, doubling up to the second. */
const restMs = [2_000, 60_000] as const;

/** What `embedder()` made is kept per process; Next loads a module several times in one. */
const shared = globalThis as { tributaryEmbedder?: { of: Env; embedder: Embedder | null } };

/** The configured embedder; null = none is configured, and search works by words alone. */
export function embedder(): Embedder | null {
  const settings = env();
  if (shared.tributaryEmbedder?.of !== settings) {
    shared.tributaryEmbedder = { of: settings, embedder: configured(settings) };
  }
  return shared.tributaryEmbedder.embedder;
}

function configured(settings: Env): Embedder | null {
  const { EMBEDDINGS_URL: url, EMBEDDINGS_MODEL: model } = settings;
  if (url === undefined || model === undefined) return null;
  return new EndpointEmbedder(model, settings, new EmbeddingsEndpoint(url, model, settings));
}

class EndpointEmbedder implements Embedder {
  readonly model: string;
  readonly dimensions: number | undefined;
  readonly family: string;
  readonly passagePrefix: string;
  readonly #queryPrefix: string;
  readonly #endpoint: EmbeddingsEndpoint;
  readonly #queries = new Map<string, Float32Array>();
  #failures = 0;
  #restsUntil = 0;

  constructor(model: string, settings: Env, endpoint: EmbeddingsEndpoint) {
    this.model = model;
    this.dimensions = settings.EMBEDDINGS_DIMENSIONS;
    this.passagePrefix = settings.EMBEDDINGS_PASSAGE_PREFIX;
    this.#queryPrefix = settings.EMBEDDINGS_QUERY_PREFIX;
    this.#endpoint = endpoint;
    this.family = createHash("sha256")
      .update(JSON.stringify([model, this.dimensions ?? null, this.passagePrefix]))
      .digest("hex")
      .slice(0, 16);
  }

  async embed(texts: readonly string[], kind: "passage" | "query", signal: AbortSignal): Promise<Float32Array[]> {
    signal.throwIfAborted();
    if (kind === "passage") {
      return this.#endpoint.passages(
        texts.map((text) => this.passagePrefix + text),
        signal,
      );
    }
    return Promise.all(texts.map((text) => this.#query(text, signal)));
  }

  async #query(text: string, signal: AbortSignal): Promise<Float32Array> {
    const known = this.#queries.get(text);
    if (known) {
      // the least recently asked for goes first
      this.#queries.delete(text);
      this.#queries.set(text, known);
      return known;
    }
    if (performance.now() < this.#restsUntil) {
      throw new EmbeddingsError("resting", "The embeddings endpoint failed a moment ago and is not asked for now.");
    }
    try {
      const vector = await this.#endpoint.query(this.#queryPrefix + text, queryMs, signal);
      this.#failures = 0;
      this.#queries.set(text, vector);
      for (const oldest of this.#queries.keys()) {
        if (this.#queries.size <= remembered) break;
        this.#queries.delete(oldest);
      }
      return vector;
    } catch (error) {
      // A query the endpoint does not want says nothing about the next one.
      if (error instanceof EmbeddingsError && error.kind !== "refused") {
        this.#restsUntil = performance.now() + Math.min(restMs[0] * 2 ** this.#failures++, restMs[1]);
      }
      throw error;
    }
  }
}
