/** What a handler answers; route() makes the Response. */
export type Reply =
  | { readonly kind: "json"; readonly body: unknown; readonly status?: number }
  | { readonly kind: "text"; readonly body: string; readonly status?: number }
  /** JSON with an array too long to hold, in batches between the text before and after; never stored for replay */
  | {
      readonly kind: "stream";
      readonly before: string;
      readonly batches: AsyncGenerator<readonly unknown[], void, void>;
      readonly after: string;
    };

export function json(body: unknown, status?: number): Reply {
  return { kind: "json", body, status };
}

/** For operations that answer 204. */
export function nothing(): Reply {
  return { kind: "json", body: null };
}

export function text(body: string): Reply {
  return { kind: "text", body };
}

export function jsonArray<Item>(
  batches: AsyncGenerator<readonly Item[], void, void>,
  toWire: (item: Item) => unknown,
): Reply {
  return { kind: "stream", before: "[", batches: mapped(batches, toWire), after: "]" };
}

/** An object whose first member is such an array. */
export function jsonObjectWith<Item>(
  name: string,
  batches: AsyncGenerator<readonly Item[], void, void>,
  toWire: (item: Item) => unknown,
  rest: Readonly<Record<string, unknown>>,
): Reply {
  const before = `{${JSON.stringify(name)}:[`;
  return { kind: "stream", before, batches: mapped(batches, toWire), after: `],${JSON.stringify(rest).slice(1)}` };
}

async function* mapped<Item>(batches: AsyncGenerator<readonly Item[], void, void>, toWire: (item: Item) => unknown) {
  for await (const batch of batches) yield batch.map(toWire);
}

/**
 * The reply as a stream of its parts. The first batch is awaited before anything is sent, so that a fault there still
 * becomes a proper error reply; a later one breaks the connection, which no client takes for the end of the list.
 */
export async function streamOf({
  before,
  batches,
  after,
}: Extract<Reply, { kind: "stream" }>): Promise<ReadableStream<Uint8Array>> {
  const encoder = new TextEncoder();
  let next = await batches.next();
  let separator = before;
  return new ReadableStream({
    async pull(controller) {
      if (next.done) {
        controller.enqueue(encoder.encode(separator === before ? before + after : after));
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
