import { expect, test } from "vitest";
import { Failure } from "#lib/connectors/types.ts";
import { pool } from "#lib/db/client.ts";
import { setEnvForTests } from "#lib/env.ts";
import { stubOAuthConnector } from "#lib/testing/stub-oauth-connector.ts";
import { engineBench } from "./testing/engine-bench.ts";
import { toyConnector } from "./testing/toy-connector.ts";

const it = engineBench();
const { auth } = stubOAuthConnector();
const oauth = { auth, pace: () => ({ perSecond: 20, concurrency: 8 }) };

test("connections of one account share its pace while they sync, those of another do not (P05)", async () => {
  it.source.fill(12);
  setEnvForTests({ GOOGLE_API_URL: String(it.source.metadata["url"]) });
  const connector = toyConnector("keyed", oauth);
  const benches = [await it.make({ connector }), await it.make({ connector }), await it.make({ connector })];
  const accounts = ["ada", "ada", "grace"];
  for (const [at, bench] of benches.entries())
    await pool().query("update connections set account_id = $2 where id = $1", [bench.connectionId, accounts[at]]);
  const began = performance.now();
  const seconds = await Promise.all(
    benches.map(async (bench) => {
      await it.completed(bench);
      return (performance.now() - began) / 1_000;
    }),
  );
  // 13 requests each: the two of one account need 26 slots of a twentieth of a second.
  expect(Math.max(seconds[0] ?? 0, seconds[1] ?? 0)).toBeGreaterThan(1.2);
  const { rows } = await pool().query("select subject from account_paces order by subject");
  expect(rows.map(({ subject }) => subject)).toEqual(["toy-keyed:ada", "toy-keyed:grace"]);
});

test("a quota that only the connector can read from a reply keeps the account's other connections waiting, too", async () => {
  setEnvForTests({ GOOGLE_API_URL: String(it.source.metadata["url"]) });
  let told = false;
  const connector = toyConnector("keyed", {
    ...oauth,
    async *changes() {
      if (!told) {
        told = true;
        throw new Failure("throttled", "The quota is used up.", { fix: "Wait.", retryAfterSeconds: 1 });
      }
      yield [{ type: "done", coverage: "full", cursor: { after: null } }];
    },
  });
  const bench = await it.make({ connector });
  await pool().query("update connections set account_id = 'quota' where id = $1", [bench.connectionId]);
  await it.completed(bench);
  const { rows } = await pool().query(
    "select held_until is not null as held from account_paces where subject like '%:quota'",
  );
  expect(rows).toEqual([{ held: true }]);
});
