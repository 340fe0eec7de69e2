import { pool } from "#lib/db/client.ts";

const rememberedMs = 60_000;

let remembered: { readonly until: number; readonly alone: boolean } | undefined;

/**
 * Whether this installation has one organization only, as most do. Remembered for a minute: whoever is told so although
 * another one has just been added still gets the right answer from conditions on documents, only later.
 */
export async function isAlone(): Promise<boolean> {
  if (remembered && remembered.until > performance.now()) return remembered.alone;
  const { rows } = await pool().query<{ alone: boolean }>(
    "select count(*) < 2 as alone from (select 1 from organizations limit 2) few",
  );
  remembered = { until: performance.now() + rememberedMs, alone: rows[0]?.alone ?? false };
  return remembered.alone;
}
