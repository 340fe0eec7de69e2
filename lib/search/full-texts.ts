import type { Principal } from "#lib/contract/principal.ts";
import { contentSizes, contentsOf } from "#lib/documents/repo.ts";
import type { FoundDocument } from "./search.ts";

/** Texts held at once; a longer one comes alone. */
const batchBytes = 4_000_000;

/** Results with the whole texts of their documents, in batches: ten long documents may be gigabytes. */
export async function* withFullTexts(
  { organizationId }: Principal,
  results: readonly FoundDocument[],
): AsyncGenerator<readonly (FoundDocument & { readonly content: string | null })[], void, void> {
  const sizes = await contentSizes(
    organizationId,
    results.map(({ document }) => document.id),
  );
  let batch: FoundDocument[] = [];
  let bytes = 0;
  const read = async () => {
    const texts = await contentsOf(
      organizationId,
      batch.map(({ document }) => document.id),
    );
    return batch.map((result) => ({ ...result, content: texts.get(result.document.id) ?? null }));
  };
  for (const result of results) {
    const size = sizes.get(result.document.id) ?? 0;
    if (batch.length > 0 && bytes + size > batchBytes) {
      yield await read();
      batch = [];
      bytes = 0;
    }
    batch.push(result);
    bytes += size;
  }
  if (batch.length > 0) yield await read();
}
