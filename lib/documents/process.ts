import type { createHttp } from "#lib/egress/http.ts";
import type { Extractor } from "#lib/extract/types.ts";

export interface Processing {
  readonly createHttp: typeof createHttp;
  readonly extractor: Extractor;
}

/** Gets the text of a document that was added through the API: fetched, extracted or as it was given. */
export async function processDocument(_with: Processing, _documentId: string, _signal: AbortSignal): Promise<void> {}
