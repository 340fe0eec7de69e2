import { afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { pool } from "#lib/db/client.ts";
import { testDatabase } from "#lib/testing/database.ts";
import { testOrganization } from "#lib/testing/organization.ts";
import { Died, type FailpointName } from "./failpoint.ts";
import { toyConnector } from "./testing/toy-connector.ts";
import { startToySource, type ToySource } from "./testing/toy-source.ts";
import { workbench, type Workbench, type WorkbenchOptions } from "./testing/workbench.ts";

let source: ToySource;
let organizationId: string;
const open: Workbench[] = [];

beforeAll(async () => {
  await testDatabase({ RETRY_BASE_MS: "5" });
  organizationId = (await testOrganization()).organizationId;
});
beforeEach(async () => {
  source = await startToySource();
});
afterEach(async () => {
  for (const bench of open.splice(0)) await bench.close();
  await source.close();
});

async function make(options: Partial<WorkbenchOptions> = {}): Promise<Workbench> {
  const bench = await workbench({ organizationId, connector: toyConnector("keyed"), source, ...options });
  open.push(bench);
  return bench;
}

const same = async (bench: Workbench): Promise<void> => {
  expect(await bench.stored()).toEqual(source.expected());
};

describe.each(["keyed", "marked"] as const)("a %s listing", (order) => {
  test("stores everything once, and the next run reads nothing and writes nothing", async () => {
    source.fill(1_234);
    const bench = await make({ connector: toyConnector(order) });
    const first = await bench.sync();
    expect(first.result).toBe("completed");
    await same(bench);
    expect(await bench.run(first.runId)).toMatchObject({ status: "completed", new: 1_234, same: 0, listed: 1_234 });
    expect((await bench.connection()).document_count).toBe(1_234);
    source.clear();
    const second = await bench.sync();
    expect(source.counts.reads).toBe(0);
    expect(await bench.run(second.runId)).toMatchObject({ new: 0, changed: 0, same: 1_234, listed: 1_234, removed: 0 });
  });
});

void pool;
void Died;
void ("after claim" satisfies FailpointName);
