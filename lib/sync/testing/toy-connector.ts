import process from "node:process";
import { z } from "zod";
import {
  defineConnector,
  Failure,
  ItemGone,
  type Change,
  type Connector,
  type Ctx,
  type ItemRef,
} from "#lib/connectors/types.ts";
import type { HttpReply } from "#lib/egress/types.ts";

const config = z.object({ url: z.string(), token: z.string(), pageSize: z.number().default(100) });
type Config = z.infer<typeof config>;
const cursor = z.object({ after: z.string().nullable() });
type Cursor = z.infer<typeof cursor>;

interface Listing {
  readonly page: readonly { readonly id: string; readonly version: string; readonly bytes: number }[];
  readonly more: boolean;
}

function check(reply: HttpReply): void {
  if (reply.status === 401) {
    throw new Failure("reauth", "The toy does not accept the token any more.", { fix: "Enter a new token." });
  }
  if (reply.status >= 500) throw new Failure("transient", `The toy answered ${reply.status}.`, { fix: "Wait." });
}

/** who asks, for tests with several worker processes */
const headers = { "x-worker": String(process.pid) };
const timeouts = { connectTimeoutMs: 1_000, headersTimeoutMs: 400, idleTimeoutMs: 400, totalTimeoutMs: 3_000 };

async function listing(ctx: Ctx<Config>, after: string | null): Promise<Listing> {
  const query = new URLSearchParams({ size: String(ctx.config.pageSize), ...(after === null ? {} : { after }) });
  const reply = await ctx.http.request(`${ctx.config.url}/list?${query}`, { ...timeouts, headers, signal: ctx.signal });
  check(reply);
  return JSON.parse(await reply.text()) as Listing;
}

const toItem = (entry: Listing["page"][number]): ItemRef => ({
  id: entry.id,
  version: entry.version,
  bytes: entry.bytes,
  title: entry.id,
});

/** The connector for the toy provider, in either order. `tweak` may replace parts for one test. */
export function toyConnector(order: "keyed" | "marked", tweak: Partial<Connector<Config, Cursor>> = {}): Connector {
  return defineConnector<Config, Cursor>({
    id: `toy-${order}`,
    name: "Toy",
    summary: "A toy",
    noun: ["thing", "things"],
    category: "storage",
    config,
    settings: ["url", "token", "pageSize"],
    secrets: ["token"],
    rescan: ["url"],
    fields: {},
    auth: { kind: "keys" },
    cursor,
    order,
    hosts: (settings) => [new URL(settings.url).hostname],
    pace: () => ({ perSecond: 0, concurrency: 16 }),
    readers: 8,
    everyHours: 4,
    documentType: "text",
    customId: (_settings, id) => id,
    async check(ctx) {
      await listing(ctx, null);
      return { id: ctx.config.url, label: "toy", sample: [] };
    },
    async *changes(ctx, since): AsyncGenerator<readonly Change<Cursor>[], void, void> {
      let after = ctx.resuming ? (since?.after ?? null) : null;
      for (;;) {
        const { page, more } = await listing(ctx, after);
        after = page.at(-1)?.id ?? after;
        const changes: Change<Cursor>[] = page.map((entry) => ({ type: "upsert", item: toItem(entry) }));
        if (more) changes.push({ type: "checkpoint", cursor: { after } });
        if (order === "marked") changes.splice(0, page.length, ...changes.slice(0, page.length).toReversed());
        yield changes;
        if (!more) break;
      }
      yield [{ type: "done", coverage: "full", cursor: { after: null } }];
    },
    async read(ctx, item) {
      const url = `${ctx.config.url}/item?${new URLSearchParams({ id: item.id })}`;
      const reply = await ctx.http.request(url, { ...timeouts, headers, signal: ctx.signal });
      if (reply.status === 404) throw new ItemGone();
      check(reply);
      return { kind: "markdown", markdown: await reply.text(), type: "text" };
    },
    ...tweak,
  });
}
