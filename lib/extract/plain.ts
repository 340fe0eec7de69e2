import type { ExtractInput, Extracted } from "./types.ts";

/** placeholder until text formats land */
export function extractPlain(_input: ExtractInput): Extracted | undefined {
  return undefined;
}
