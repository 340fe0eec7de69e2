import type { BenchDatabase } from "./lib/database.ts";
import { goals, inTurn } from "./lib/measure.ts";

const sizes = [
  { chunks: 20_000, size: 768, lean: 0 },
  { chunks: 100_000, size: 768, lean: 0 },
  { chunks: 100_000, size: 1_536, lean: 0 },
  { chunks: 100_000, size: 1_536, lean: 1.5 },
] as const;

/** (f) The ten nearest vectors, against all of them compared exactly. */
export async function benchVectors(_work: string, database: BenchDatabase): Promise<undefined> {
  console.log("\nnearest 10 of n chunks          ms    p95  one tag  recall@10  stored/s  signs MiB  vectors MiB");
  for (const { chunks, size, lean } of sizes) {
    const [result] = await inTurn(1, [
      {
        name: `${chunks} × ${size}`,
        command: [
          process.execPath,
          "--max-old-space-size=4096",
          "bench/ours/vectors.ts",
          ...[chunks, size, lean].map(String),
        ],
        env: { ...database.env, EMBEDDINGS_URL: "http://127.0.0.1:9/v1", EMBEDDINGS_MODEL: "bench" },
      },
    ]);
    const figure = (name: string): number => Number(result?.figures[name]);
    const columns = [
      `${chunks} × ${size}${lean > 0 ? ", leaning" : ""}`.padEnd(28),
      figure("ms").toFixed(1).padStart(6),
      figure("p95").toFixed(1).padStart(7),
      figure("taggedMs").toFixed(1).padStart(9),
      figure("recall").toFixed(3).padStart(11),
      figure("storedPerSecond").toFixed(0).padStart(10),
      figure("signsMiB").toFixed(0).padStart(11),
      figure("vectorsMiB").toFixed(0).padStart(13),
    ];
    console.log(columns.join(""));
    goals([{ what: `recall@10 of ${chunks} × ${size}`, ratio: figure("recall"), atLeast: 0.95 }]);
  }
  return undefined;
}
