import { describe, expect, test } from "vitest";
import { newId } from "#lib/contract/ids.ts";
import { pool } from "#lib/db/client.ts";
import { ExtractError } from "#lib/extract/types.ts";
import { engineBench } from "#lib/sync/testing/engine-bench.ts";
import { toyConnector } from "#lib/sync/testing/toy-connector.ts";
import { testOrganization } from "#lib/testing/organization.ts";
import {
  applyHeldDeletions,
  cancelRun,
  dismissHeldDeletions,
  getRun,
  listIssues,
  listRunItems,
  listRuns,
  retryFailed,
  workerState,
} from "./service.ts";

const it = engineBench();
const principal = () => it.organization.principal;

describe("looking at runs", () => {
  test("pages of runs go through all of them once, newest first", async () => {
    it.source.fill(3);
    const bench = await it.make();
    const made: string[] = [];
    for (let i = 0; i < 5; i++) made.unshift((await bench.sync()).runId);
    const seen: string[] = [];
    let after: string | undefined;
    do {
      const page = await listRuns(principal(), {
        connectionId: bench.connectionId,
        limit: 2,
        ...(after ? { after } : {}),
      });
      seen.push(...page.items.map((run) => run.id));
      after = page.next ?? undefined;
    } while (after);
    expect(seen).toEqual(made);
    expect((await listRuns(principal(), { limit: 200 })).items.length).toBeGreaterThanOrEqual(5);
  });

  test("pages of a run's items go through all of them once", async () => {
    it.source.fill(25);
    const bench = await it.make();
    const { runId } = await bench.sync();
    const seen = new Set<string>();
    let after: string | undefined;
    do {
      const page = await listRunItems(principal(), runId, { verdict: "new", limit: 10, ...(after ? { after } : {}) });
      for (const item of page.items) seen.add(item.externalId);
      after = page.next ?? undefined;
    } while (after);
    expect(seen.size).toBe(25);
    expect((await listRunItems(principal(), runId, { verdict: "failed" })).items).toEqual([]);
  });

  test("items skipped again just as before are listed with their reason, page by page", async () => {
    it.source.fill(30);
    const plain = toyConnector("keyed");
    const connector = toyConnector("keyed", {
      read: async (ctx, item) => {
        if (item.id < "item-000012") throw new ExtractError("encrypted", "It wants a password.");
        return plain.read(ctx, item);
      },
    });
    const bench = await it.make({ connector });
    await it.completed(bench);
    await it.source.put("item-000003", "other text under a password");
    const { runId } = await bench.sync();
    expect(await bench.run(runId)).toMatchObject({ skipped: 12, same: 18 });
    const seen: string[] = [];
    let after: string | undefined;
    do {
      const page = await listRunItems(principal(), runId, {
        verdict: "skipped",
        limit: 5,
        ...(after ? { after } : {}),
      });
      for (const item of page.items) expect(item.reason).toBe("encrypted");
      seen.push(...page.items.map((item) => item.externalId));
      after = page.next ?? undefined;
    } while (after);
    expect(seen[0]).toBe("item-000003");
    expect(seen.toSorted()).toEqual(Array.from({ length: 12 }, (_, i) => `item-${String(i).padStart(6, "0")}`));
  });

  test("runs of a connection that is being removed are gone with it, and back when it is restored", async () => {
    it.source.fill(2);
    const bench = await it.make();
    const { runId } = await bench.sync();
    const seen = async () => (await listRuns(principal(), { limit: 200 })).items.some((run) => run.id === runId);
    const set = (state: string) =>
      pool().query("update connections set state = $2::connection_state where id = $1", [bench.connectionId, state]);
    await set("deleting");
    expect(await seen()).toBe(false);
    expect((await listRuns(principal(), { connectionId: bench.connectionId })).items).toEqual([]);
    for (const verb of [getRun, cancelRun, listRunItems])
      await expect(verb(principal(), runId)).rejects.toMatchObject({ code: "not_found" });
    await set("active");
    expect(await seen()).toBe(true);
  });

  test("an unknown run and another organization's are the same not_found, for every verb", async () => {
    it.source.fill(2);
    const bench = await it.make();
    const { runId } = await bench.sync();
    const stranger = (await testOrganization("Globex")).principal;
    for (const id of [runId, newId(), "nonsense'; --"]) {
      for (const verb of [getRun, cancelRun, listRunItems]) {
        await expect(verb(stranger, id)).rejects.toMatchObject({ code: "not_found", message: "Run not found" });
      }
    }
    for (const verb of [retryFailed, applyHeldDeletions, dismissHeldDeletions]) {
      await expect(verb(stranger, bench.connectionId)).rejects.toMatchObject({ code: "not_found" });
    }
    expect((await listRuns(stranger, { connectionId: bench.connectionId })).items).toEqual([]);
    expect(await listIssues(stranger, bench.connectionId)).toEqual([]);
  });
});

test("cancelling a run that waits ends it at once and sends for nothing", async () => {
  const bench = await it.make();
  const runId = await bench.enqueue();
  expect((await cancelRun(principal(), runId)).status).toBe("canceled");
  expect(await bench.execute(runId)).toBe("idle");
  await expect(cancelRun(principal(), runId)).rejects.toMatchObject({ code: "conflict" });
});

test("a viewer may look and not touch", async () => {
  const bench = await it.make();
  const runId = await bench.enqueue();
  const viewer = {
    kind: "user",
    organizationId: bench.organizationId,
    userId: newId(),
    email: "v@example.com",
    role: "viewer",
  } as const;
  expect((await getRun(viewer, runId)).status).toBe("queued");
  for (const act of [
    () => cancelRun(viewer, runId),
    () => retryFailed(viewer, bench.connectionId),
    () => applyHeldDeletions(viewer, bench.connectionId),
  ]) {
    await expect(act()).rejects.toMatchObject({ code: "forbidden" });
  }
});

test("the console learns how many workers report, by the database's clock", async () => {
  expect(await workerState()).toEqual({ alive: 0, lastSeenAt: null });
  await pool().query(
    `insert into worker_heartbeats (id, hostname, pid, seen_at) values ('a', 'h', 1, now()), ('b', 'h', 2, now() - interval '1 hour')`,
  );
  expect((await workerState()).alive).toBe(1);
});
