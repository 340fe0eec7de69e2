import { ExtractError } from "./types.ts";
import type { ExtractInput, Extracted } from "./types.ts";

export async function convert(_input: ExtractInput): Promise<Extracted> {
  throw new ExtractError("unsupported_type", "Not yet.");
}
