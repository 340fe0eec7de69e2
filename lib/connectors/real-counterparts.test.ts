import { execFile } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createHttp } from "#lib/egress/http.ts";
import { createExtractor } from "#lib/extract/pool.ts";
import type { Extractor } from "#lib/extract/types.ts";
import { workbench, type Workbench } from "#lib/sync/testing/workbench.ts";
import { testDatabase } from "#lib/testing/database.ts";
import type { FakeSource } from "#lib/testing/fake-source.ts";
import { freePort, nginxMissing, startNginx, type Nginx } from "#lib/testing/nginx.ts";
import { testOrganization } from "#lib/testing/organization.ts";
import { asAlice, missingSwiftPackages, startSwift, swiftUsers, type Swift } from "#lib/testing/swift.ts";
import { connectors } from "./index.ts";
import { uriEncodePath } from "./s3/uri.ts";
import type { Connector } from "./types.ts";

/** Servers and sites that others wrote: what is stored must equal what an independent program counts. */

const run = promisify(execFile);

let organizationId: string;
let extractor: Extractor;

beforeAll(async () => {
  await testDatabase({ RETRY_BASE_MS: "20" });
  organizationId = (await testOrganization()).organizationId;
  extractor = createExtractor();
});
afterAll(() => extractor.close());

function connector(id: string): Connector {
  const found = connectors.find((each) => each.id === id);
  if (!found) throw new Error(`no connector ${id}`);
  return found;
}

/** Something real in the place of a fake: there is nothing to steer. */
function source(metadata: FakeSource["metadata"], host: string): FakeSource {
  return {
    metadata,
    allow: [host],
    put: async () => {},
    remove: async () => {},
    expected: () => new Map(),
    fault: () => {},
    clear: () => {},
    counts: { listings: 0, reads: 0, total: 0 },
    close: async () => {},
  };
}

async function completed(bench: Workbench) {
  const { runId, result } = await bench.sync();
  const counters = await bench.run(runId);
  expect({ result, error: counters.error }).toEqual({ result: "completed", error: null });
  return counters;
}

const sites = [
  { package: "postgresql-doc-15", root: "/usr/share/doc/postgresql-doc-15/html", atLeast: 1_000 },
  { package: "sqlite3-doc", root: "/usr/share/doc/sqlite3", atLeast: 600 },
] as const;

for (const site of sites) {
  const missing =
    nginxMissing() ?? (existsSync(site.root) ? undefined : `the package ${site.package} is not installed`);
  describe.skipIf(missing !== undefined)(
    `the site of ${site.package} behind nginx${missing ? ` (skipped: ${missing})` : ""}`,
    () => {
      let nginx: Nginx;
      let work: string;
      let port: number;

      beforeAll(async () => {
        work = mkdtempSync(path.join(tmpdir(), "real-site-"));
        port = await freePort();
        nginx = await startNginx(
          path.join(work, "nginx"),
          () => `
  etag on; gzip on; gzip_types text/plain application/xml;
  server { listen 127.0.0.1:${port}; root ${site.root}; index index.html; }`,
        );
      });
      afterAll(async () => {
        await nginx.stop();
        rmSync(work, { recursive: true, force: true });
      });

      test("every page wget reaches is one document, and an unchanged site is not read again", async () => {
        const target = path.join(work, "wget");
        const flags = ["-q", "-r", "-l", "inf", "-np", "-e", "robots=off", "-A", "html,htm,/", "-P", target];
        // 8 = the site links to pages that do not exist
        await run("wget", [...flags, `http://127.0.0.1:${port}/`]).catch((error: { code?: number }) =>
          expect(error.code).toBe(8),
        );
        // wget writes "/" and "/index.html" to the same file, as they are the same page
        const pages = readdirSync(target, { recursive: true, withFileTypes: true })
          .filter((entry) => entry.isFile() && /\.html?$/.test(entry.name))
          .map((entry) =>
            path.relative(path.join(target, `127.0.0.1:${port}`), path.join(entry.parentPath, entry.name)),
          );
        expect(pages.length).toBeGreaterThan(site.atLeast);

        const bench = await workbench({
          organizationId,
          connector: connector("web-crawler"),
          source: source(
            { startUrl: `http://127.0.0.1:${port}/`, crawlDepth: 20, concurrency: 16 },
            `127.0.0.1:${port}`,
          ),
          engine: { extractor },
        });
        const first = await completed(bench);
        const stored = [...(await bench.stored()).keys()].map((id) =>
          decodeURIComponent(new URL(id).pathname)
            .slice(1)
            .replace(/^$|(?<=\/)$/, "index.html"),
        );
        expect(stored.toSorted()).toEqual(pages.toSorted());
        const documents = pages.length;
        expect(first).toMatchObject({ new: documents, failed: 0 });

        const second = await completed(bench);
        expect(second).toMatchObject({ new: 0, changed: 0, removed: 0, failed: 0, same: documents });
        await bench.close();
      });
    },
  );
}

const noSwift = missingSwiftPackages();
describe.skipIf(noSwift.length > 0)(
  `a bucket of OpenStack Swift${noSwift.length ? ` (skipped: packages ${noSwift.join(", ")} are not installed)` : ""}`,
  () => {
    let swift: Swift;
    beforeAll(async () => {
      swift = await startSwift({ pageSize: 100 });
    });
    afterAll(() => swift.close());

    test("every object of the bucket is one document; changes and removals follow", async () => {
      const total = 230;
      await asAlice(swift, "PUT", "/library");
      const key = (n: number) => `shelf ${n % 7}/büch+er/${n} %.txt`;
      for (let n = 0; n < total; n += 10)
        await Promise.all(
          Array.from({ length: 10 }, (_, i) => {
            const at = `/library/${uriEncodePath(key(n + i))}`;
            return asAlice(swift, "PUT", at, { body: `Volume ${n + i} stands here.` });
          }),
        );
      const bench = await workbench({
        organizationId,
        connector: connector("s3"),
        source: source(
          { ...swiftUsers.alice, bucket: "library", region: swift.region, endpoint: `http://${swift.host}` },
          swift.host,
        ),
        // Swift answers 128 requests at once when it can; on a busy machine that takes longer than fakes are given.
        engine: { extractor, createHttp: (http) => createHttp({ ...http, allow: [swift.host] }) },
      });
      const first = await completed(bench);
      expect(first).toMatchObject({ new: total, failed: 0, skipped: 0 });
      const listing = await asAlice(swift, "GET", "/library", { query: "max-keys=1000" });
      const counted = listing.split("<Key>").length - 1;
      const stored = await bench.stored();
      // the store answers with 100 keys a page at most
      expect(counted).toBe(100);
      expect([...stored.keys()].toSorted()).toEqual(Array.from({ length: total }, (_, n) => key(n)).toSorted());
      expect(stored.get(key(17))).toContain("Volume 17 stands here.");

      await asAlice(swift, "PUT", `/library/${uriEncodePath(key(3))}`, { body: "Volume 3 was rebound." });
      await asAlice(swift, "DELETE", `/library/${uriEncodePath(key(4))}`);
      const second = await completed(bench);
      expect(second).toMatchObject({ new: 0, changed: 1, removed: 1, same: total - 2, failed: 0 });
      expect((await bench.stored()).get(key(3))).toContain("rebound");
      await bench.close();
    });
  },
);
