import { createHttp, type HttpSeams } from "#lib/egress/http.ts";
import type { Http } from "#lib/egress/types.ts";
import type { Account, Change, Ctx, ItemRef, Json } from "../../types.ts";
import type { S3Cursor } from "../changes.ts";
import { s3Changes } from "../changes.ts";
import { checkBucket } from "../check.ts";
import { type S3Config, s3Config } from "../config.ts";
import { hostsOf } from "../address.ts";
import { readObject } from "../read.ts";

export interface TestContext {
  readonly ctx: Ctx<S3Config>;
  readonly notes: string[];
  check(): Promise<Account>;
  /** every change of a whole run */
  list(since?: S3Cursor | null): Promise<Listed>;
  read(item: ItemRef): Promise<Uint8Array>;
  close(): Promise<void>;
}

export interface Listed {
  readonly upserts: readonly ItemRef[];
  readonly skips: readonly (Change<S3Cursor> & { readonly type: "skip" })[];
  /** ids in the order they came */
  readonly ids: readonly string[];
  readonly checkpoints: readonly S3Cursor[];
  readonly done: (Change<S3Cursor> & { readonly type: "done" }) | undefined;
}

export interface ContextOptions {
  readonly allow?: readonly string[];
  readonly now?: () => Date;
  readonly resuming?: boolean;
  readonly seams?: HttpSeams;
  /** instead of the real one */
  readonly http?: Http;
  readonly signal?: AbortSignal;
}

/** A connector's whole world, with the real egress and without an engine. */
export function contextFor(metadata: Readonly<Record<string, Json>>, options: ContextOptions = {}): TestContext {
  const config = Object.freeze(s3Config.parse(metadata));
  const notes: string[] = [];
  const real = createHttp(
    {
      allow: options.allow ?? [],
      hosts: hostsOf(config),
      pace: { perSecond: 0, concurrency: 128 },
      userAgent: "Tributary test",
      retryBaseMs: 1,
    },
    options.seams,
  );
  const ctx: Ctx<S3Config> = {
    config,
    http: options.http ?? real,
    api: "",
    grant: {},
    page: () => Promise.reject(new Error("not used")),
    known: {
      get: async () => new Map(),
      seenThisRun: async function* () {},
      unseen: async function* () {},
    },
    resuming: options.resuming ?? false,
    limit: 10_000,
    signal: options.signal ?? new AbortController().signal,
    now: options.now ?? (() => new Date()),
    note: (text) => void notes.push(text),
    log: () => {},
  };
  return {
    ctx,
    notes,
    check: () => checkBucket(ctx),
    list: (since = null) => collect(s3Changes(ctx, since)),
    async read(item) {
      const content = await readObject(ctx, item);
      return content.kind === "bytes" ? content.bytes : new TextEncoder().encode(content.markdown);
    },
    close: () => real.close(),
  };
}

async function collect(changes: AsyncIterable<readonly Change<S3Cursor>[]>): Promise<Listed> {
  const all: Change<S3Cursor>[] = [];
  for await (const batch of changes) all.push(...batch);
  const ids = all.flatMap((change) => ("item" in change ? [change.item.id] : []));
  return {
    upserts: all.flatMap((change) => (change.type === "upsert" ? [change.item] : [])),
    skips: all.filter((change) => change.type === "skip"),
    ids,
    checkpoints: all.flatMap((change) => (change.type === "checkpoint" ? [change.cursor] : [])),
    done: all.find((change) => change.type === "done"),
  };
}
