import { describe, expect, test } from "vitest";
import { Failure, ItemSkip } from "#lib/connectors/types.ts";
import { pool } from "#lib/db/client.ts";
import { EgressError } from "#lib/egress/types.ts";
import { ExtractError } from "#lib/extract/types.ts";
import { setEnvForTests } from "#lib/env.ts";
import { listIssues, retryFailed } from "#lib/runs/service.ts";
import { until } from "#lib/testing/wait.ts";
import { Died } from "./failpoint.ts";
import { classify } from "./failure.ts";
import { engineBench } from "./testing/engine-bench.ts";
import { toyConnector } from "./testing/toy-connector.ts";

const it = engineBench();
const plain = toyConnector("keyed");

describe("one bad item never stops the run", () => {
  test.each([
    [
      "a file of no supported type",
      new ExtractError("unsupported_type", "It is a spacecraft."),
      "skipped",
      "unsupported_type",
    ],
    ["a file under a password", new ExtractError("encrypted", "It wants a password."), "skipped", "encrypted"],
    ["a file that took too long", new ExtractError("timeout", "It took too long."), "failed", "timeout"],
    ["a file that needed too much memory", new ExtractError("memory", "Too much."), "failed", "memory"],
    ["an item the connector refuses", new ItemSkip("noindex", "Marked noindex."), "skipped", "noindex"],
    ["a body that ends early", new EgressError("truncated", "It ended early."), "failed", "unreachable"],
    ["a body that is too large", new EgressError("too_large", "Too large."), "skipped", "too_large"],
  ] as const)("%s is set apart with its reason", async (_what, error, verdict, reason) => {
    it.source.fill(20);
    const connector = toyConnector("keyed", {
      read: async (ctx, item) => {
        if (item.id === "item-000007") throw error;
        return plain.read(ctx, item);
      },
    });
    const bench = await it.make({ connector });
    const run = await it.completed(bench);
    expect(run).toMatchObject({
      new: 19,
      skipped: verdict === "skipped" ? 1 : 0,
      failed: verdict === "failed" ? 1 : 0,
    });
    const [issue] = await listIssues(it.organization.principal, bench.connectionId);
    expect(issue).toMatchObject({ externalId: "item-000007", verdict, reason, detail: error.message });
  });

  test("a failed item is tried again in every run, three times, then only when it changes or a person asks", async () => {
    it.source.fill(10);
    let reads = 0;
    let broken = true;
    const connector = toyConnector("keyed", {
      read: async (ctx, item) => {
        if (item.id !== "item-000004") return plain.read(ctx, item);
        reads++;
        if (broken) throw new ExtractError("timeout", "It took too long.");
        return plain.read(ctx, item);
      },
    });
    const bench = await it.make({ connector });
    for (let run = 1; run <= 3; run++) {
      expect(await it.completed(bench)).toMatchObject({ failed: 1 });
      expect(reads).toBe(run);
    }
    expect(await it.completed(bench)).toMatchObject({ failed: 1, same: 9 });
    expect(reads).toBe(3);
    // it changes at the source
    await it.source.put("item-000004", "another text");
    await it.completed(bench);
    expect(reads).toBe(4);
    await it.completed(bench);
    await it.completed(bench);
    await it.completed(bench);
    expect(reads).toBe(6);
    // a person asks
    broken = false;
    const { runId, items } = await retryFailed(it.organization.principal, bench.connectionId);
    expect(items).toBe(1);
    expect(await bench.execute(runId)).toBe("completed");
    expect(await bench.run(runId)).toMatchObject({ new: 1, failed: 0 });
    await it.agrees(bench);
    expect(await listIssues(it.organization.principal, bench.connectionId)).toEqual([]);
  });

  test("an item that failed is tried again although a list of changes does not name it any more", async () => {
    it.source.fill(8);
    let broken = true;
    const connector = toyConnector("keyed", {
      async *changes(ctx, since) {
        if (since === null) yield* plain.changes(ctx, since) as AsyncGenerator<never>;
        else yield [{ type: "done", coverage: "delta", cursor: { after: null } }];
      },
      read: async (ctx, item) => {
        if (broken && item.id === "item-000004") throw new ExtractError("timeout", "It took too long.");
        return plain.read(ctx, item);
      },
    });
    const bench = await it.make({ connector });
    expect(await it.completed(bench)).toMatchObject({ new: 7, failed: 1 });
    expect(await it.completed(bench)).toMatchObject({ failed: 1 });
    broken = false;
    expect(await it.completed(bench)).toMatchObject({ new: 1, failed: 0, removed: 0 });
    await it.agrees(bench);
  });

  test("what a visit of everything does not meet again is neither read nor listed any more, and no document leaves", async () => {
    it.source.fill(4);
    const item = (id: string) => ({ id, version: "v", title: id });
    let first = true;
    const connector = toyConnector("marked", {
      async *changes(ctx, since) {
        if (first) {
          for await (const changes of plain.changes(ctx, since) as AsyncGenerator<never[]>)
            yield changes.filter(({ type }) => type === "upsert");
          yield [
            { type: "fail", item: item("broken link"), reason: "unreachable", detail: "It answers 500." },
            { type: "skip", item: item("forbidden"), reason: "robots", detail: "robots.txt forbids it." },
          ];
        } else yield [{ type: "skip", item: item("noindex"), reason: "noindex", detail: "Marked so." }];
        yield [{ type: "done", coverage: "visited", cursor: { after: null } }];
      },
    });
    const bench = await it.make({ connector });
    expect(await it.completed(bench)).toMatchObject({ new: 4, failed: 1, skipped: 1 });
    first = false;
    it.source.clear();
    expect(await it.completed(bench)).toMatchObject({ new: 0, failed: 0, skipped: 1, removed: 0 });
    expect(it.source.reads).toEqual([]);
    expect(await listIssues(it.organization.principal, bench.connectionId)).toMatchObject([{ externalId: "noindex" }]);
    await it.agrees(bench);
  });

  test("a skipped item is not read again until it changes, and is healthy when it was repaired", async () => {
    it.source.fill(5);
    let reads = 0;
    let broken = true;
    const connector = toyConnector("keyed", {
      read: async (ctx, item) => {
        if (item.id === "item-000002") {
          reads++;
          if (broken) throw new ExtractError("broken", "Damaged.");
        }
        return plain.read(ctx, item);
      },
    });
    const bench = await it.make({ connector });
    await it.completed(bench);
    expect(await it.completed(bench)).toMatchObject({ skipped: 1, same: 4 });
    expect(reads).toBe(1);
    broken = false;
    await it.source.put("item-000002", "repaired");
    expect(await it.completed(bench)).toMatchObject({ new: 1, skipped: 0 });
    await it.agrees(bench);
  });

  test.each([
    ["denied", new ItemSkip("denied", "Access denied.")],
    ["archived", new ItemSkip("archived", "In an archive tier.")],
    ["blocked_address", new EgressError("blocked_address", "A private address.")],
  ] as const)(
    "an item skipped as %s is read again by the next run, and taken when that has passed",
    async (_, error) => {
      it.source.fill(5);
      let broken = true;
      const connector = toyConnector("keyed", {
        read: async (ctx, item) => {
          if (broken && item.id === "item-000002") throw error;
          return plain.read(ctx, item);
        },
      });
      const bench = await it.make({ connector });
      for (let run = 1; run <= 4; run++) expect(await it.completed(bench)).toMatchObject({ skipped: 1, failed: 0 });
      broken = false;
      expect(await it.completed(bench)).toMatchObject({ new: 1, same: 4, skipped: 0 });
      await it.agrees(bench);
      expect(await listIssues(it.organization.principal, bench.connectionId)).toEqual([]);
    },
  );

  test.each(["keyed", "marked"] as const)(
    "a document whose new version may not be read stays as it was until it may (%s)",
    async (order) => {
      it.source.fill(5);
      let refused = false;
      const connector = toyConnector(order, {
        read: async (ctx, item) => {
          if (refused && item.id === "item-000002") throw new ItemSkip("denied", "Access denied.");
          return plain.read(ctx, item);
        },
      });
      const bench = await it.make({ connector });
      await it.completed(bench);
      refused = true;
      await it.source.put("item-000002", "a newer text");
      for (let run = 1; run <= 3; run++) {
        expect(await it.completed(bench)).toMatchObject({ same: 4, skipped: 1, removed: 0, held: 0 });
        expect((await bench.stored()).get("item-000002")).toBe("text of item 2");
      }
      refused = false;
      expect(await it.completed(bench)).toMatchObject({ same: 4, changed: 1, skipped: 0, removed: 0 });
      await it.agrees(bench);
    },
  );

  test("very many items that may not be read cost each run a bounded number of reads, in turn", async () => {
    it.source.fill(2_300);
    let reads = 0;
    const connector = toyConnector("keyed", {
      read: async () => {
        reads++;
        throw new ItemSkip("denied", "Access denied.");
      },
    });
    const bench = await it.make({ connector, settings: { pageSize: 1_000 } });
    const each: number[] = [];
    const asked: (number | undefined)[] = [];
    for (let run = 0; run < 4; run++) {
      const before = reads;
      each.push((await it.completed(bench)).skipped);
      asked.push(reads - before);
      if (run === 0) {
        // as if every item had been tried at a time of its own
        await pool().query(
          "update item_issues set last_at = last_at - ('x' || substr(md5(external_id), 1, 7))::bit(28)::int * interval '1 millisecond' where connection_id = $1",
          [bench.connectionId],
        );
      }
    }
    expect(each).toEqual([2_300, 2_300, 2_300, 2_300]);
    expect(asked).toEqual([2_300, 1_000, 1_000, expect.any(Number)]);
    const { rows } = await pool().query(
      "select count(*)::int as n from item_issues where connection_id = $1 and last_at < now() - interval '1 minute'",
      [bench.connectionId],
    );
    expect(rows[0].n).toBe(0);
  });

  test("an item that vanished between listing and reading is not stored and not counted as a failure", async () => {
    it.source.fill(6);
    it.source.onRequest = (kind, id) => {
      if (kind === "read" && id === "item-000001") it.source.items.delete(id);
    };
    const bench = await it.make();
    expect(await it.completed(bench)).toMatchObject({ new: 5, failed: 0, listed: 6 });
    await it.agrees(bench);
  });

  test("an item that stops the worker each time is set aside after three tries, and its siblings are stored", async () => {
    it.source.fill(60);
    const deadly = "item-000031";
    const connector = toyConnector("keyed", {
      read: async (ctx, item) => {
        if (item.id !== deadly) return plain.read(ctx, item);
        // The process dies here: nothing after this happens, in this attempt or to its row.
        throw new Died();
      },
    });
    const bench = await it.make({ connector, engine: { log: () => {} } });
    const runId = await bench.enqueue();
    let deaths = 0;
    for (;;) {
      const result = await bench.execute(runId).catch((error: unknown) => {
        if (!(error instanceof Died)) throw error;
        return "died";
      });
      if (result === "completed") break;
      if (++deaths > 12) throw new Error("it never ends");
    }
    expect(deaths).toBeLessThanOrEqual(6);
    const run = await bench.run(runId);
    expect(run).toMatchObject({ new: 59, failed: 1 });
    const [issue] = await listIssues(it.organization.principal, bench.connectionId);
    expect(issue).toMatchObject({ externalId: deadly, reason: "crashed", verdict: "failed" });
    expect(await it.completed(bench)).toMatchObject({ same: 59, failed: 1 });
  });
});

describe("errors are read by their type", () => {
  test.each([
    [new Failure("reauth", "No.", { fix: "Do." }), "auth_expired", "fail"],
    [new Failure("denied", "No.", { fix: "Do." }), "auth_expired", "fail"],
    [new Failure("missing", "No.", { fix: "Do." }), "provider_unavailable", "fail"],
    [new Failure("throttled", "No.", { fix: "Do.", retryAfterSeconds: 7 }), "rate_limited", "wait"],
    [new Failure("cursor_expired", "No.", { fix: "Do." }), "provider_unavailable", "restart"],
    [new Failure("transient", "No.", { fix: "Do." }), "provider_unavailable", "backoff"],
    [new EgressError("blocked_address", "No"), "provider_unavailable", "fail"],
    [new EgressError("reset", "No"), "provider_unavailable", "backoff"],
    [new EgressError("throttled", "No", { retryAfterSeconds: 9 }), "rate_limited", "wait"],
    [new TypeError("401 Unauthorized token=abc"), "internal", "fail"],
  ])("%s", (error, errorCode, policy) => {
    const stop = classify(error);
    expect(stop).toMatchObject({ errorCode, policy });
    expect(stop.text).not.toContain("token=abc");
  });
});

describe("a run that cannot go on", () => {
  test("refused credentials: it fails at once, names the way out, keeps everything, and heals by itself", async () => {
    it.source.fill(12);
    const bench = await it.make();
    await it.completed(bench);
    it.source.fault({ kind: "unauthorized", times: 100 });
    const { runId, result } = await bench.sync();
    expect(result).toBe("failed");
    expect(await bench.run(runId)).toMatchObject({
      error_code: "auth_expired",
      failure_kind: "reauth",
      error: "The toy does not accept the token any more. Enter a new token.",
    });
    expect((await bench.connection()).failure_kind).toBe("reauth");
    await it.agrees(bench);
    it.source.clear();
    await it.completed(bench);
    expect((await bench.connection()).failure_kind).toBeNull();
  });

  test("passing trouble is sat out within the run", async () => {
    it.source.fill(250);
    const bench = await it.make();
    it.source.fault({ kind: "status", status: 503, times: 9, on: "listing" });
    await it.completed(bench);
    await it.agrees(bench);
  });

  test("lasting trouble fails the run with a bound on its tries; the next run completes", async () => {
    it.source.fill(30);
    const bench = await it.make();
    it.source.fault({ kind: "status", status: 503, times: 100_000 });
    const { runId, result } = await bench.sync();
    expect(result).toBe("failed");
    expect(await bench.run(runId)).toMatchObject({ error_code: "provider_unavailable", failure_kind: "transient" });
    expect(it.source.counts.total).toBeLessThan(60);
    it.source.clear();
    await it.completed(bench);
    await it.agrees(bench);
  });

  test("a provider that asks to wait gets its wait: the run goes back to the queue and shows until when", async () => {
    it.source.fill(10);
    let first = true;
    const connector = toyConnector("keyed", {
      async *changes(ctx, since) {
        if (first) {
          first = false;
          throw new Failure("throttled", "Slow down.", { fix: "Wait.", retryAfterSeconds: 120 });
        }
        yield* plain.changes(ctx, since) as AsyncGenerator<never>;
      },
    });
    const bench = await it.make({ connector });
    const { runId, result } = await bench.sync();
    expect(result).toBe("yielded");
    const run = await bench.run(runId);
    expect(run.status).toBe("running");
    const wait = (run.waiting_until?.getTime() ?? 0) - Date.now();
    expect(wait).toBeGreaterThan(100_000);
    expect(wait).toBeLessThan(125_000);
    const job = await pool().query(
      "select start_after > now() + interval '100 seconds' as later from pgboss.job where data ->> 'runId' = $1 and state = 'created' and start_after > now()",
      [runId],
    );
    expect(job.rows).toEqual([{ later: true }]);
    expect(await bench.execute(runId)).toBe("completed");
    await it.agrees(bench);
  });

  test("a cursor the provider does not accept any more: the run starts again by itself", async () => {
    it.source.fill(20);
    const bench = await it.make({
      connector: toyConnector("keyed", {
        async *changes(ctx, since) {
          if (since !== null) throw new Failure("cursor_expired", "Too old.", { fix: "Start again." });
          yield* plain.changes(ctx, since) as AsyncGenerator<never>;
        },
      }),
    });
    await it.completed(bench);
    await it.source.put("item-000003", "newer");
    expect(await it.completed(bench)).toMatchObject({ changed: 1, same: 19, removed: 0 });
  });

  test("a bug in a connector fails the run as internal and tells nobody its words", async () => {
    const bench = await it.make({
      connector: toyConnector("keyed", {
        // oxlint-disable-next-line require-yield -- it never gets that far
        async *changes() {
          throw new TypeError("cannot read toy-token-secret of undefined");
        },
      }),
    });
    const { runId, result } = await bench.sync();
    expect(result).toBe("failed");
    const run = await bench.run(runId);
    expect(run.error_code).toBe("internal");
    expect(run.error).not.toContain("toy-token-secret");
  });
});

describe("a run is told to end", () => {
  const slowly = (ms = 25) => {
    it.source.fill(400);
    it.source.onRequest = () => new Promise((resolve) => setTimeout(resolve, ms));
  };

  test("cancel: it stops within two seconds and keeps what it has", async () => {
    slowly();
    const bench = await it.make();
    const runId = await bench.enqueue();
    const running = bench.execute(runId);
    await until(() => it.source.reads.length > 20);
    await pool().query("update sync_runs set cancel_requested = true where id = $1", [runId]);
    const asked = performance.now();
    expect(await running).toBe("canceled");
    expect(performance.now() - asked).toBeLessThan(2_500);
    expect((await bench.run(runId)).status).toBe("canceled");
    it.source.onRequest = () => {};
    await it.completed(bench);
    await it.agrees(bench);
  });

  test.each(["paused", "deleting"])("%s: it stops, and nothing appears afterwards", async (state) => {
    slowly();
    const bench = await it.make();
    const runId = await bench.enqueue();
    const running = bench.execute(runId);
    await until(() => it.source.reads.length > 20);
    await pool().query("update connections set state = $2::connection_state where id = $1", [
      bench.connectionId,
      state,
    ]);
    const stored = (await bench.stored()).size;
    const asked = performance.now();
    expect(["canceled", "lost"]).toContain(await running);
    expect(performance.now() - asked).toBeLessThan(5_000);
    expect((await bench.stored()).size).toBe(stored);
    expect((await bench.run(runId)).status).toBe("canceled");
  });

  test("a worker that stops keeps what it has and gives the run back at once", async () => {
    slowly();
    const bench = await it.make();
    const runId = await bench.enqueue();
    const stop = new AbortController();
    const running = bench.execute(runId, {}, stop.signal);
    await until(() => it.source.reads.length > 50);
    stop.abort();
    const asked = performance.now();
    expect(await running).toBe("yielded");
    expect(performance.now() - asked).toBeLessThan(5_000);
    expect((await bench.stored()).size).toBeGreaterThan(20);
    it.source.onRequest = () => {};
    expect(await bench.execute(runId)).toBe("completed");
    await it.agrees(bench);
    expect(await bench.run(runId)).toMatchObject({ new: 400, same: 0, listed: 400, crashes: 0 });
  });

  test("a long run makes room for others at a checkpoint, and repeats nothing", async () => {
    setEnvForTests({ SLICE_S: "1" });
    slowly(80);
    const bench = await it.make({ settings: { pageSize: 20 } });
    const other = await it.make();
    const runId = await bench.enqueue();
    await other.enqueue();
    expect(await bench.execute(runId)).toBe("yielded");
    setEnvForTests({ SLICE_S: undefined });
    it.source.onRequest = () => {};
    expect(await bench.execute(runId)).toBe("completed");
    expect(it.source.reads.length).toBe(400);
    expect(await bench.run(runId)).toMatchObject({ new: 400, same: 0, listed: 400 });
  });
});

describe("the database fails", () => {
  test("a connection cut right after COMMIT was sent: trying again changes nothing", async () => {
    it.source.fill(600);
    const bench = await it.make();
    const runId = await bench.enqueue();
    let cuts = 0;
    const result = await bench.execute(runId, {
      failpoint: (at) => {
        if (at === "after commit" && cuts++ < 3) {
          throw Object.assign(new Error("terminating connection due to administrator command"), { code: "57P01" });
        }
      },
    });
    expect(result).toBe("completed");
    await it.agrees(bench);
    expect(await bench.run(runId)).toMatchObject({ new: 600, same: 0, changed: 0, listed: 600 });
  });

  test("every connection is cut, again and again: no crash, the same set", async () => {
    it.source.fill(1_500);
    it.source.onRequest = () => new Promise((resolve) => setTimeout(resolve, 2));
    const bench = await it.make();
    const runId = await bench.enqueue();
    const state = { over: false };
    const running = bench.execute(runId).finally(() => {
      state.over = true;
    });
    for (let cut = 0; cut < 4 && !state.over; cut++) {
      const before = it.source.counts.total;
      await until(() => state.over || it.source.counts.total > before + 100);
      await pool()
        .query(
          "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()",
        )
        .catch(() => {});
    }
    expect(await running).toBe("completed");
    await it.agrees(bench);
    expect(await bench.run(runId)).toMatchObject({ new: 1_500, changed: 0, listed: 1_500 });
  });

  test("a database that takes no writes for a while is waited for, and the provider is not asked over and over", async () => {
    it.source.fill(50);
    const bench = await it.make();
    const full = performance.now() + 400;
    const failpoint = (name: string): void => {
      if (name === "before commit" && performance.now() < full)
        throw Object.assign(new Error("could not extend file: No space left on device"), { code: "53100" });
    };
    const { result } = await bench.sync({ failpoint });
    expect(result).toBe("completed");
    expect(it.source.counts.listings).toBeLessThan(12);
    await it.agrees(bench);
  });

  test("every third transaction meets a conflict: it is tried again and nobody notices", async () => {
    it.source.fill(700);
    const bench = await it.make();
    await pool().query(`
      create sequence troubles;
      create function trouble() returns trigger language plpgsql as $$
      begin
        if nextval('troubles') % 3 = 0 then raise exception 'conflict' using errcode = '40001'; end if;
        return new;
      end $$;
      create trigger trouble before update on connections for each row execute function trouble();`);
    try {
      await it.completed(bench);
    } finally {
      await pool().query("drop function trouble cascade; drop sequence troubles");
    }
    await it.agrees(bench);
  });
});
