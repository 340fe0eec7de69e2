import type { DocumentRow, DocumentStatus } from "#lib/contract/views.ts";

const resting: ReadonlySet<DocumentStatus> = new Set(["done", "failed", "unknown"]);

/** Its text is still being had or indexed. */
export function isProcessing({ status }: Pick<DocumentRow, "status">): boolean {
  return !resting.has(status);
}

export const documentPace = (processing: boolean): number => (processing ? 2_000 : 30_000);
