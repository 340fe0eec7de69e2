import { existsSync } from "node:fs";
import path from "node:path";
import type { BenchDatabase } from "./lib/database.ts";
import { goals, inTurn, table, type Contestant, type Result } from "./lib/measure.ts";
import { freePort, nginxMissing, startNginx } from "#lib/testing/nginx.ts";

const root = "/usr/share/doc/postgresql-doc-15/html";

/** (a) Crawl, extract and store a real documentation site, against Crawlee with the same goal and `wget -r` fetching only. */
export async function benchCrawl(work: string, database: BenchDatabase, rounds: number): Promise<string | undefined> {
  const missing = nginxMissing() ?? (existsSync(root) ? undefined : "the package postgresql-doc-15 is not installed");
  if (missing) return missing;
  const [port, slowPort] = [await freePort(), await freePort()];
  const nginx = await startNginx(
    path.join(work, "nginx-site"),
    (canDelay) => `
  server { listen 127.0.0.1:${port}; root ${root}; index index.html; }
  ${canDelay ? `server { listen 127.0.0.1:${slowPort}; root ${root}; location / { echo_sleep 0.04; echo_exec @s; } location @s { try_files $uri $uri/index.html =404; } }` : ""}`,
  );
  const target = path.join("/dev/shm", "tributary-bench-wget");
  const wget = (at: number): Contestant => ({
    name: "wget -r (fetch only)",
    command: [
      "sh",
      "-c",
      `rm -rf ${target} && mkdir -p ${target} && cd ${target} && wget -q -r -l inf -np -e robots=off -A 'html,htm,/' http://127.0.0.1:${at}/`,
    ],
    accept: [0, 8],
  });
  const ours = (at: number, name: string): Contestant => ({
    name,
    command: [
      process.execPath,
      "bench/ours/sync.ts",
      "first",
      "web-crawler",
      JSON.stringify({ startUrl: `http://127.0.0.1:${at}/`, crawlDepth: 20, concurrency: 16 }),
    ],
    env: { ...database.env, EGRESS_ALLOW: `127.0.0.1:${at}` },
  });
  const crawlee = (mode: string, name: string): Contestant => ({
    name,
    command: [process.execPath, "bench/peers/crawlee.mjs", `http://127.0.0.1:${port}/`, "16", mode],
  });
  try {
    const quick = await inTurn(rounds, [
      wget(port),
      ours(port, "Tributary (fetch, Markdown, store)"),
      crawlee("fetch", "Crawlee (fetch only)"),
    ]);
    const [extracting] = await inTurn(1, [crawlee("markdown", "Crawlee + linkedom + readability + turndown")]);
    const results = extracting ? [...quick, extracting] : quick;
    const pages = Number(quick[1]?.figures["documents"] ?? 0);
    table(`Crawl of ${pages} pages on loopback`, results, pages);
    const [first, own, fetching] = quick as [Result, Result, Result];
    const rate = (result: Result | undefined) => pages / (result?.seconds ?? Number.NaN);
    goals([
      { what: "pages/s against wget's fetch-only pages/s", ratio: rate(own) / rate(first), atLeast: 0.8 },
      { what: "pages/s against Crawlee fetching only", ratio: rate(own) / rate(fetching), atLeast: 10 },
      { what: "pages/s against Crawlee extracting", ratio: rate(own) / rate(extracting), atLeast: 45 },
      { what: "peak MiB against 300", ratio: own.peakMiB / 300, atMost: 1 },
    ]);
    if (nginx.canDelay) {
      const slow = await inTurn(1, [wget(slowPort), ours(slowPort, "Tributary (fetch, Markdown, store)")]);
      table(`The same with 40 ms before each answer, 16 at once`, slow, pages);
      const bound = (pages * 0.04) / 16;
      goals([
        { what: "bound (pages × 40 ms / 16) against our time", ratio: bound / (slow[1]?.seconds ?? 1), atLeast: 0.9 },
        { what: "wget's time against ours", ratio: (slow[0]?.seconds ?? 0) / (slow[1]?.seconds ?? 1), atLeast: 12 },
      ]);
    } else console.log("skipped: the slow site (nginx's echo module is not installed)");
    return undefined;
  } finally {
    await nginx.stop();
  }
}
