import { pool } from "#lib/db/client.ts";
import type { Embedder } from "./embeddings.ts";

/**
 * What a similarity is worth differs from model to model: two texts about different things have a cosine of 0.1 with one
 * and of 0.8 with another. So each model is asked once for texts that have nothing in common, and everything is measured
 * from how similar a query is to those.
 */

export const unrelated: readonly string[] = [
  "The ferry to the island leaves twice a day in winter.",
  "Whisk the egg whites until they are stiff, then fold in the sugar.",
  "Invoices are due within thirty days of receipt.",
  "Der Chor probt jeden Donnerstag im Gemeindesaal.",
  "The function returns an empty list when no file is found.",
  "Les racines de ce chêne ont soulevé les pavés de la cour.",
  "He scored in the last minute and the match ended in a draw.",
  "Tighten the four screws crosswise and check the oil level.",
  "La biblioteca cierra a las ocho de la tarde.",
  "Patients should not drive for a day after the operation.",
  "Two thirds of the planet's fresh water is frozen.",
  "She inherited a violin and a box of letters from her aunt.",
  "La riunione è stata rinviata alla prossima settimana.",
  "The court dismissed the appeal for lack of standing.",
  "Paint the inside of the box with two thin coats.",
  "Interest rates were left unchanged for the third time.",
];

/** Asks for the baseline of the model's space, once there are vectors in it, unless it is known. @throws EmbeddingsError */
export async function keepBaseline(by: Embedder, signal: AbortSignal): Promise<void> {
  const { rows } = await pool().query<{ space: string }>(
    "select space from vector_space where starts_with(space, $1) and baseline is null",
    [`${by.family}:`],
  );
  const space = rows[0]?.space;
  if (space === undefined) return;
  const vectors = await by.embed(unrelated, "passage", signal);
  const mean = new Float32Array(vectors[0]?.length ?? 0);
  for (const vector of vectors)
    for (const [i, number] of vector.entries()) mean[i] = (mean[i] ?? 0) + number / vectors.length;
  await pool().query("update vector_space set baseline = $2 where space = $1", [space, Buffer.from(mean.buffer)]);
}

/** How similar this vector is, on average, to texts it has nothing to do with; 0 as long as that is not known. */
export async function backgroundOf(space: string, vector: Float32Array): Promise<number> {
  const { rows } = await pool().query<{ baseline: Buffer | null }>(
    "select baseline from vector_space where space = $1",
    [space],
  );
  const baseline = rows[0]?.baseline;
  if (baseline?.length !== vector.length * 4) return 0;
  let product = 0;
  for (const [i, number] of vector.entries()) product += number * baseline.readFloatLE(i * 4);
  return Math.min(0.99, Math.max(0, product));
}

/** The best score meaning alone can give: what also has the words comes first. */
const most = 0.85;

/**
 * A cosine as a score: 0 = no nearer than texts about other things, 0.85 = the same text. It rises quickly at first: few
 * texts that answer a question come further than half of the way, which is worth 0.74; a fifth is worth 0.41.
 */
export function nearness(cosine: number, background: number): number {
  const way = Math.min(1, Math.max(0, (cosine - background) / (1 - background)));
  return most * (1 - (1 - way) ** 3);
}
