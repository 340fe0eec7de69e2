import { z } from "zod";
import { EmbeddingsError } from "./embeddings-error.ts";

const reply = z.object({
  data: z.array(z.object({ index: z.number().int().min(0), embedding: z.union([z.array(z.number()), z.string()]) })),
});

/** Vectors longer than this are nothing any model gives. */
const mostNumbers = 16_384;

/**
 * The vectors of a reply, in the order of the texts, each of length 1.
 * @param dimensions numbers each of them must have; undefined = any, but all the same
 * @throws EmbeddingsError bad_reply
 */
export function readEmbeddings(
  text: string,
  count: number,
  dimensions: number | undefined,
  host: string,
): Float32Array[] {
  const bad = (what: string): EmbeddingsError => new EmbeddingsError("bad_reply", `${host} ${what}.`);
  const parsed = reply.safeParse(parse(text));
  if (!parsed.success) throw bad("answers with something that is not a list of embeddings");
  const { data } = parsed.data;
  if (data.length !== count) throw bad(`gives ${data.length} vectors for ${count} texts`);
  const vectors: Float32Array[] = Array.from({ length: count });
  const seen = new Set<number>();
  for (const { index, embedding } of data) {
    if (index >= count || seen.has(index)) throw bad("gives two vectors for one text");
    seen.add(index);
    const vector = unit(typeof embedding === "string" ? floatsOf(embedding) : Float32Array.from(embedding));
    if (vector === null) throw bad("gives a vector without a direction (zeros or no numbers)");
    vectors[index] = vector;
  }
  const size = dimensions ?? vectors[0]?.length ?? 0;
  for (const vector of vectors) {
    if (vector.length !== size) throw bad(`gives a vector of ${vector.length} numbers where ${size} are expected`);
    if (vector.length > mostNumbers)
      throw bad(`gives vectors of ${vector.length} numbers; at most ${mostNumbers} are possible`);
  }
  return vectors;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Some servers write numbers as base64 of 32-bit floats, whatever they were asked for. */
function floatsOf(base64: string): Float32Array {
  const bytes = Buffer.from(base64, "base64");
  return Float32Array.from({ length: Math.floor(bytes.length / 4) }, (_, i) => bytes.readFloatLE(i * 4));
}

/** The same direction with length 1; null if it has none. */
function unit(vector: Float32Array): Float32Array | null {
  let sum = 0;
  for (const number of vector) sum += number * number;
  const length = Math.sqrt(sum);
  if (!Number.isFinite(length) || length === 0) return null;
  return vector.map((number) => number / length);
}
