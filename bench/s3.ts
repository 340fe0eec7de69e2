import { spawnSync } from "node:child_process";
import { existsSync, rmSync } from "node:fs";
import path from "node:path";
import { makeObjects, startListings } from "./lib/bucket.ts";
import type { BenchDatabase } from "./lib/database.ts";
import { goals, inTurn, table, type Contestant, type Result } from "./lib/measure.ts";
import { freePort, nginxMissing, startNginx } from "#lib/testing/nginx.ts";

const text = "/usr/share/doc/postgresql-doc-15/html";
const target = "/dev/shm/tributary-bench-rclone";

/** (b) First and unchanged sync of 10,000 objects of 4 KiB, against rclone and a bare listing. */
export async function benchS3(work: string, database: BenchDatabase, rounds: number): Promise<string | undefined> {
  const missing =
    nginxMissing() ??
    (spawnSync("rclone", ["version"]).error ? "rclone is not installed" : undefined) ??
    (existsSync(text) ? undefined : "the package postgresql-doc-15 is not installed");
  if (missing) return missing;
  const store = path.join(work, "objects");
  const rows = makeObjects(store, text);
  const listings = await startListings(rows, () => 0);
  const slowListings = await startListings(rows, () => 80);
  const [port, slowPort] = [await freePort(), await freePort()];
  const nginx = await startNginx(path.join(work, "nginx-store"), (canDelay) => {
    const listing = (to: number) =>
      `location / { proxy_pass http://127.0.0.1:${to}; proxy_http_version 1.1; proxy_set_header Connection ""; }`;
    return `
  server { listen 127.0.0.1:${port}; location ~ ^/[^/]+/.+$ { root ${store}; default_type text/plain; } ${listing(listings.port)} }
  ${canDelay ? `server { listen 127.0.0.1:${slowPort}; location ~ ^/[^/]+/.+$ { echo_sleep 0.025; echo_exec @o; } location @o { root ${store}; default_type text/plain; } ${listing(slowListings.port)} }` : ""}`;
  });
  const rclone = (at: number, command: string, ...flags: string[]): readonly string[] => [
    "rclone",
    command,
    `:s3,provider=Other,access_key_id=key,secret_access_key=secret,endpoint='http://127.0.0.1:${at}',region=us-east-1,force_path_style=true:bench/small`,
    target,
    ...flags,
  ];
  const environment = { RCLONE_CONFIG: "/dev/null", AWS_CA_BUNDLE: "" };
  const empty = () => rmSync(target, { recursive: true, force: true });
  const ours = (at: number, mode: "first" | "again"): Contestant => ({
    name: `Tributary (${mode === "first" ? "read, extract, store" : "list, compare"})`,
    command: [
      process.execPath,
      "bench/ours/sync.ts",
      mode,
      "s3",
      JSON.stringify({
        accessKeyId: "key",
        secretAccessKey: "secret",
        bucket: "bench",
        region: "us-east-1",
        endpoint: `http://127.0.0.1:${at}`,
        prefix: "small/",
      }),
    ],
    env: { ...database.env, EGRESS_ALLOW: `127.0.0.1:${at}` },
  });
  const bare = (at: number): Contestant => ({
    name: "bare listing, nothing compared",
    command: [process.execPath, "bench/peers/bare-listing.mjs", `http://127.0.0.1:${at}/bench`, "small/"],
  });
  const copy = (at: number): Contestant => ({
    name: "rclone copy --transfers 32",
    command: rclone(at, "copy", "--transfers", "32", "--checkers", "32", "-q"),
    env: environment,
    before: empty,
  });
  const resync = (at: number, name: string, ...flags: string[]): Contestant => ({
    name,
    command: rclone(at, "sync", "-q", ...flags),
    env: environment,
  });
  const time = (results: readonly Result[], index: number) => results[index]?.seconds ?? Number.NaN;
  try {
    const first = await inTurn(rounds, [copy(port), ours(port, "first")]);
    table("First sync of 10,000 objects on loopback", first, rows.length);
    goals([{ what: "rclone's time against ours", ratio: time(first, 0) / time(first, 1), atLeast: 1.1 }]);
    const again = await inTurn(rounds, [
      bare(port),
      ours(port, "again"),
      resync(port, "rclone sync --use-server-modtime --fast-list", "--use-server-modtime", "--fast-list"),
      resync(port, "rclone sync --checkers 32", "--checkers", "32"),
    ]);
    table("Unchanged sync of 10,000 objects on loopback", again, rows.length);
    if (nginx.canDelay) {
      const far = await inTurn(1, [copy(slowPort), ours(slowPort, "first")]);
      table("First sync with 25 ms an object and 80 ms a listing page", far, rows.length);
      goals([{ what: "rclone's time against ours", ratio: time(far, 0) / time(far, 1), atLeast: 3 }]);
      const farAgain = await inTurn(rounds, [bare(slowPort), ours(slowPort, "again")]);
      table("Unchanged sync with 80 ms a listing page", farAgain, rows.length);
      goals([
        { what: "our time against the bare listing's", ratio: time(farAgain, 1) / time(farAgain, 0), atMost: 0.4 },
      ]);
    } else console.log("skipped: the slow store (nginx's echo module is not installed)");
    return undefined;
  } finally {
    await nginx.stop();
    listings.close();
    slowListings.close();
    empty();
  }
}
