import { afterEach, beforeAll, beforeEach, expect } from "vitest";
import { testDatabase } from "#lib/testing/database.ts";
import { testOrganization, type TestOrganization } from "#lib/testing/organization.ts";
import { toyConnector } from "./toy-connector.ts";
import { startToySource, type ToySource } from "./toy-source.ts";
import { workbench, type Workbench, type WorkbenchOptions } from "./workbench.ts";

/** What tests of the engine share: a database per file, a toy source per test, and connections to it. */
export interface EngineBench {
  readonly source: ToySource;
  readonly organization: TestOrganization;
  make(options?: Partial<WorkbenchOptions>): Promise<Workbench>;
  /** what is stored is exactly what the source has */
  agrees(bench: Workbench): Promise<void>;
  /** a sync that must complete */
  completed(bench: Workbench): ReturnType<Workbench["run"]>;
}

/** Call it at the top of a test file. */
export function engineBench(values: Readonly<Record<string, string>> = {}): EngineBench {
  let source: ToySource;
  let organization: TestOrganization;
  const open: Workbench[] = [];
  beforeAll(async () => {
    await testDatabase({ RETRY_BASE_MS: "5", ...values });
    organization = await testOrganization();
  });
  beforeEach(async () => {
    source = await startToySource();
  });
  afterEach(async () => {
    for (const bench of open.splice(0)) await bench.close();
    await source.close();
  });
  return {
    get source() {
      return source;
    },
    get organization() {
      return organization;
    },
    async make(options = {}) {
      const bench = await workbench({
        organizationId: organization.organizationId,
        connector: toyConnector("keyed"),
        source,
        ...options,
      });
      open.push(bench);
      return bench;
    },
    async agrees(bench) {
      expect(await bench.stored()).toEqual(source.expected());
    },
    async completed(bench) {
      const { runId, result } = await bench.sync();
      const run = await bench.run(runId);
      expect({ result, error: run.error }).toEqual({ result: "completed", error: null });
      return run;
    },
  };
}
