import { execFile, spawn, type ChildProcess } from "node:child_process";
import { accessSync, constants } from "node:fs";
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { until } from "#lib/testing/wait.ts";
import { closeExtractor, Harness } from "./testing/harness.ts";
import { defaultTuning } from "./tuning.ts";

/** Real manuals behind a real web server, counted by somebody else's crawler. */

const sites = [
  { name: "PostgreSQL manual", root: "/usr/share/doc/postgresql-doc-15/html", package: "postgresql-doc-15" },
  { name: "SQLite documentation", root: "/usr/share/doc/sqlite3", package: "sqlite3-doc" },
];

const needs: readonly (readonly [name: string, file: string])[] = [
  ["nginx", "/usr/sbin/nginx"],
  ["wget", "/usr/bin/wget"],
  ...sites.map((site) => [site.package, `${site.root}/index.html`] as const),
];
const missing = needs.flatMap(([name, file]) => {
  try {
    accessSync(file, constants.R_OK);
    return [];
  } catch {
    return [name];
  }
});
if (missing.length > 0) console.warn(`skipped: the Debian sites (not installed: ${missing.join(", ")})`);

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  const address = server.address();
  await new Promise((resolve) => {
    server.close(resolve);
  });
  return typeof address === "object" && address ? address.port : 0;
}

async function filesUnder(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(folder, path.join(entry.parentPath, entry.name)))
    .filter((name) => !name.startsWith("robots.txt"));
}

describe.skipIf(missing.length > 0)("the Debian sites", () => {
  let work: string;
  let nginx: ChildProcess;
  const ports: number[] = [];

  beforeAll(async () => {
    work = await mkdtemp(path.join(tmpdir(), "tributary-nginx-"));
    while (ports.length < sites.length) ports.push(await freePort());
    const own = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map(
      (name) => `${name}_temp_path ${work}/${name};`,
    );
    const servers = sites.map(
      ({ root }, i) => `server { listen 127.0.0.1:${ports[i]}; root ${root}; index index.html;
        location /old/ { rewrite ^/old/(.*)$ /$1 permanent; } location = /loop { return 302 /loop; } }`,
    );
    const config = `worker_processes 1; daemon off; pid ${work}/pid; error_log ${work}/error.log;
events { worker_connections 256; }
http { include /etc/nginx/mime.types; default_type application/octet-stream; access_log off; etag on; gzip on;
  ${own.join(" ")}
  ${servers.join("\n  ")} }`;
    await writeFile(path.join(work, "nginx.conf"), config);
    nginx = spawn("/usr/sbin/nginx", ["-c", path.join(work, "nginx.conf"), "-e", path.join(work, "error.log")], {
      stdio: "ignore",
    });
    for (const port of ports)
      await until(() =>
        promisify(execFile)("wget", ["-q", "-O", "/dev/null", `http://127.0.0.1:${port}/`]).then(() => true),
      );
  });

  afterAll(async () => {
    nginx.kill("SIGTERM");
    if (nginx.exitCode === null) await new Promise((resolve) => nginx.once("exit", resolve));
    await rm(work, { recursive: true, force: true });
    await closeExtractor();
  });

  test.each(sites.map((site, i) => [site.name, i] as const))(
    "%s: the same pages as wget finds; a second crawl changes nothing",
    async (_name, i) => {
      const port = ports[i];
      const folder = await mkdtemp(path.join(work, "wget-"));
      const args = ["-q", "-r", "-l", "inf", "-np", "-e", "robots=off", "-A", "html,htm,/", "-nH", "-P", folder];
      // wget answers 8 when it met broken links; the manuals have some
      await promisify(execFile)("wget", [...args, `http://127.0.0.1:${port}/`]).catch((error: { code?: number }) => {
        if (error.code !== 8) throw error;
      });
      const counted = (await filesUnder(folder)).map((name) => `/${name}`.replace(/^\/index\.html$/, "/")).sort();
      expect(counted.length).toBeGreaterThan(700);

      const crawl = new Harness({
        config: { startUrl: `http://127.0.0.1:${port}/` },
        allow: [`127.0.0.1:${port}`],
        tuning: defaultTuning,
      });
      const first = await crawl.sync();
      expect(first.error).toBeUndefined();
      expect(crawl.paths.map((name) => decodeURI(name)).sort()).toEqual(counted);
      for (const [id, document] of crawl.documents) expect(document.markdown.length, id).toBeGreaterThan(0);

      const second = await crawl.sync();
      expect(second.counts).toMatchObject({ added: 0, changed: 0, removed: 0, failed: 0, same: counted.length });
      expect(second.changes.some((change) => change.type === "upsert" && change.content !== undefined)).toBe(false);
    },
    120_000,
  );
});
