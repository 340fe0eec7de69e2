/** What a handler answers; route() makes the Response. */
export type Reply =
  | { readonly kind: "json"; readonly body: unknown; readonly status?: number }
  | { readonly kind: "text"; readonly body: string; readonly status?: number }
  /** a JSON array too long to hold, in batches; never stored for replay */
  | { readonly kind: "stream"; readonly batches: AsyncGenerator<readonly unknown[], void, void> };

export function json(body: unknown, status?: number): Reply {
  return { kind: "json", body, status };
}

export function text(body: string): Reply {
  return { kind: "text", body };
}

export function jsonArray<Item>(
  batches: AsyncGenerator<readonly Item[], void, void>,
  toWire: (item: Item) => unknown,
): Reply {
  return { kind: "stream", batches: mapped(batches, toWire) };
}

async function* mapped<Item>(batches: AsyncGenerator<readonly Item[], void, void>, toWire: (item: Item) => unknown) {
  for await (const batch of batches) yield batch.map(toWire);
}

/**
 * The array as a stream of its parts. The first batch is awaited before anything is sent, so that a fault there still
 * becomes a proper error reply; a later one breaks the connection, which no client takes for the end of the list.
 */
export async function streamOf(
  batches: AsyncGenerator<readonly unknown[], void, void>,
): Promise<ReadableStream<Uint8Array>> {
  const encoder = new TextEncoder();
  let next = await batches.next();
  let separator = "[";
  return new ReadableStream({
    async pull(controller) {
      if (next.done) {
        controller.enqueue(encoder.encode(separator === "[" ? "[]" : "]"));
        controller.close();
        return;
      }
      const parts = next.value.map((item) => JSON.stringify(item)).join(",");
      if (parts) {
        controller.enqueue(encoder.encode(separator + parts));
        separator = ",";
      }
      next = await batches.next();
    },
    async cancel() {
      await batches.return();
    },
  });
}
