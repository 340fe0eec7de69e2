import { createHash } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { serve, type Loopback } from "./loopback.ts";

/** One request as it came. */
export interface EmbeddingsCall {
  readonly input: readonly string[];
  readonly model: string;
  readonly dimensions: number | undefined;
  readonly authorization: string | undefined;
}

export interface FakeEmbeddings extends Loopback {
  /** what EMBEDDINGS_URL is set to */
  readonly url: string;
  readonly calls: readonly EmbeddingsCall[];
  /** asked before each answer; what it returns is sent instead, `drop` = the socket is closed */
  answer: (call: EmbeddingsCall) => Instead | undefined | Promise<undefined>;
}

export type Instead =
  "drop" | { readonly status?: number; readonly headers?: Readonly<Record<string, string>>; readonly body?: string };

export interface FakeEmbeddingsOptions {
  /** groups of words that mean the same */
  readonly synonyms?: readonly (readonly string[])[];
  /** numbers per vector unless the request says otherwise */
  readonly size?: number;
  /** how much all vectors point the same way, as those of some models do; 0 = not at all */
  readonly lean?: number;
}

/**
 * An OpenAI-compatible embeddings endpoint on a loopback port. A text's vector is the sum of one fixed random direction
 * for each of its words, the same one for words that mean the same: what a model does, without a model.
 */
export async function fakeEmbeddings(options: FakeEmbeddingsOptions = {}): Promise<FakeEmbeddings> {
  const meanings = new Map((options.synonyms ?? []).flatMap((group) => group.map((word) => [word, group[0] ?? word])));
  const calls: EmbeddingsCall[] = [];
  const server = await serve((request, response) => void respond(request, response));
  const fake: FakeEmbeddings = { ...server, url: `${server.origin}/v1`, calls, answer: () => undefined };

  async function respond(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let text = "";
    for await (const chunk of request.setEncoding("utf8")) text += String(chunk);
    if (request.url !== "/v1/embeddings" || request.method !== "POST") return void response.writeHead(404).end();
    const body = JSON.parse(text) as { input: string[]; model: string; dimensions?: number };
    const call = {
      input: body.input,
      model: body.model,
      dimensions: body.dimensions,
      authorization: request.headers.authorization,
    };
    calls.push(call);
    const instead = await fake.answer(call);
    if (instead === "drop") return void request.socket.destroy();
    if (instead) {
      response.writeHead(instead.status ?? 200, { "content-type": "application/json", ...instead.headers });
      return void response.end(instead.body ?? "{}");
    }
    const size = body.dimensions ?? options.size ?? 256;
    const data = body.input.map((each, index) => ({
      object: "embedding",
      index,
      embedding: vectorOf(each, size, meanings, options.lean ?? 0),
    }));
    response.writeHead(200, { "content-type": "application/json" });
    response.end(
      JSON.stringify({ object: "list", model: body.model, data, usage: { prompt_tokens: 1, total_tokens: 1 } }),
    );
  }
  return fake;
}

function vectorOf(text: string, size: number, meanings: ReadonlyMap<string, string>, lean: number): number[] {
  const words = text.toLowerCase().match(/\p{L}+/gu) ?? [""];
  const common = directionOf("what all texts have in common", size);
  const sum = Array.from({ length: size }, (_, i) => (common[i] ?? 0) * lean * Math.sqrt(words.length));
  for (const word of words) {
    for (const [i, number] of directionOf(meanings.get(word) ?? word, size).entries()) sum[i] = (sum[i] ?? 0) + number;
  }
  return sum;
}

/** About normal numbers from the hash of a word, always the same ones. */
function directionOf(word: string, size: number): readonly number[] {
  const numbers: number[] = [];
  for (let block = 0; numbers.length < size; block++) {
    for (const byte of createHash("sha512").update(`${word}#${block}`).digest()) numbers.push((byte - 127.5) / 74);
  }
  return numbers.slice(0, size);
}
