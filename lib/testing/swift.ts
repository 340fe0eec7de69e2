import { type ChildProcess, execFile, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { accessSync, constants } from "node:fs";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { request } from "node:http";
import { createServer } from "node:net";
import { tmpdir, userInfo } from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { amzDate, Signer } from "#lib/connectors/s3/sigv4.ts";
import { childEnv } from "#lib/env.ts";

/**
 * OpenStack Swift with its S3 API: a store that other people wrote, strict about signatures and regions. Started from
 * Debian's packages on free ports with all its files in a temporary folder; nothing outside is written.
 */

const programs = [
  ["swift-proxy", "/usr/bin/swift-proxy-server"],
  ["swift-account", "/usr/bin/swift-account-server"],
  ["swift-container", "/usr/bin/swift-container-server"],
  ["swift-object", "/usr/bin/swift-object-server"],
  ["swift", "/usr/bin/swift-ring-builder"],
  ["memcached", "/usr/bin/memcached"],
  ["python3-memcache", "/usr/lib/python3/dist-packages/memcache.py"],
] as const;

/** Debian packages that Swift needs and this machine lacks. */
export function missingSwiftPackages(): readonly string[] {
  return programs.flatMap(([name, file]) => {
    try {
      accessSync(file, constants.R_OK);
      return [];
    } catch {
      return [name];
    }
  });
}

export interface Swift {
  /** host:port of the S3 API */
  readonly host: string;
  readonly region: string;
  close(): Promise<void>;
}

/** Who may do what: alice and bob own accounts of acme, dave may do nothing until allowed. */
export const swiftUsers = {
  alice: { accessKeyId: "acme:alice", secretAccessKey: "alicesecret" },
  dave: { accessKeyId: "acme:dave", secretAccessKey: "davesecret" },
} as const;

/**
 * One signed request as alice, tried again when Swift is not ready for it: the body of the reply.
 * `target` is the encoded path.
 */
export async function asAlice(
  swift: Swift,
  method: "GET" | "PUT" | "DELETE",
  target: string,
  options: { readonly body?: string; readonly query?: string } = {},
): Promise<string> {
  for (let tries = 0; ; tries++) {
    const { status, body } = await signed(swift, method, target, options.body ?? "", options.query ?? "");
    if (status < 300) return body;
    // While its accounts come up on a busy machine it also refuses those who own them.
    if ((status !== 503 && status !== 403) || tries === 20) throw new Error(`${method} ${target}: ${status} ${body}`);
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
}

function signed(
  swift: Swift,
  method: string,
  target: string,
  body: string,
  query: string,
): Promise<{ status: number; body: string }> {
  const date = amzDate(new Date());
  const payloadHash = createHash("sha256").update(body).digest("hex");
  const headers = [
    ["host", swift.host],
    ["x-amz-content-sha256", payloadHash],
    ["x-amz-date", date],
  ] as const;
  const signer = new Signer(swiftUsers.alice, swift.region);
  const authorization = signer.authorization({ method, path: target, query, headers, payloadHash, amzDate: date });
  const [host, port] = swift.host.split(":");
  return new Promise((resolve, reject) => {
    const sent = request(
      {
        host,
        port,
        method,
        path: query ? `${target}?${query}` : target,
        headers: { ...Object.fromEntries(headers), authorization },
      },
      (reply) => {
        const chunks: Buffer[] = [];
        reply.on("data", (chunk: Buffer) => chunks.push(chunk));
        reply.on("end", () => resolve({ status: reply.statusCode ?? 500, body: Buffer.concat(chunks).toString() }));
      },
    );
    sent.on("error", reject);
    sent.end(body);
  });
}

const run = promisify(execFile);

/** @param pageSize keys a listing answers with at most */
export async function startSwift(options: { readonly pageSize: number }): Promise<Swift> {
  const folder = await mkdtemp(path.join(tmpdir(), "swift-"));
  const children: ChildProcess[] = [];
  const close = async () => {
    await Promise.all(children.map(stop));
    await rm(folder, { recursive: true, force: true });
  };
  try {
    const ports = await freePorts(5);
    const [proxy = 0, account = 0, container = 0, object = 0, cache = 0] = ports;
    const etc = path.join(folder, "etc");
    for (const name of ["etc", "dev/d1", "cache"]) await mkdir(path.join(folder, name), { recursive: true });
    await writeFile(path.join(etc, "swift.conf"), swiftConf);
    await Promise.all(
      Object.entries({ account, container, object }).map(async ([name, port]) => {
        const ring = path.join(etc, `${name}.builder`);
        await run("swift-ring-builder", [ring, "create", "4", "1", "1"], quiet);
        await run("swift-ring-builder", [ring, "add", `r1z1-127.0.0.1:${port}/d1`, "1"], quiet);
        await run("swift-ring-builder", [ring, "rebalance"], quiet);
        await writeFile(path.join(etc, `${name}.conf`), storageConf(folder, name, port));
      }),
    );
    await writeFile(path.join(etc, "proxy.conf"), proxyConf(folder, proxy, cache, options.pageSize));
    const asNobody = process.getuid?.() === 0 ? ["-u", "nobody"] : [];
    children.push(start("memcached", [...asNobody, "-l", "127.0.0.1", "-p", String(cache), "-U", "0", "-m", "16"]));
    for (const name of ["account", "container", "object", "proxy"]) {
      children.push(start(`swift-${name}-server`, [path.join(etc, `${name}.conf`)]));
    }
    const host = `127.0.0.1:${proxy}`;
    await healthy([...[account, container, object].map((port) => `127.0.0.1:${port}`), host], children);
    return { host, region: "us-east-1", close };
  } catch (error) {
    await close();
    throw error;
  }
}

const quiet = { env: childEnv({ PYTHONWARNINGS: "ignore" }) };

function start(command: string, parameters: readonly string[]): ChildProcess {
  return spawn(command, parameters, { stdio: "ignore", ...quiet });
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise((resolve) => child.once("exit", resolve));
  const hard = setTimeout(() => child.kill("SIGKILL"), 5_000);
  child.kill("SIGTERM");
  await gone;
  clearTimeout(hard);
}

async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer());
  const ports = await Promise.all(
    servers.map(
      (server) =>
        new Promise<number>((resolve) => {
          server.listen(0, "127.0.0.1", () => {
            const address = server.address();
            resolve(typeof address === "object" && address !== null ? address.port : 0);
          });
        }),
    ),
  );
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}

/** Until every server answers: a proxy that is asked before its storage is there says 503 and avoids it for a while. */
async function healthy(hosts: readonly string[], children: readonly ChildProcess[]): Promise<void> {
  const until = Date.now() + 45_000;
  for (const host of hosts) {
    while (!(await answers(host))) {
      const dead = children.find(({ exitCode }) => exitCode !== null);
      if (dead) throw new Error(`${dead.spawnfile} ended with ${dead.exitCode}`);
      if (Date.now() > until) throw new Error(`Swift did not answer at ${host} within 45 s`);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}

/** Only the proxy knows a health check; of the others any answer will do. */
function answers(host: string): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = request(`http://${host}/healthcheck`, (response) => {
      response.resume();
      resolve(true);
    });
    probe.on("error", () => resolve(false));
    probe.end();
  });
}

const swiftConf = `[swift-hash]
swift_hash_path_suffix = test
swift_hash_path_prefix = test
[storage-policy:0]
name = Policy-0
default = yes
`;

function common(folder: string, port: number): string {
  return `[DEFAULT]
bind_ip = 127.0.0.1
bind_port = ${port}
workers = 0
user = ${userInfo().username}
swift_dir = ${folder}/etc
log_address = ${folder}/no-syslog
`;
}

function storageConf(folder: string, name: string, port: number): string {
  return `${common(folder, port)}devices = ${folder}/dev
mount_check = false
recon_cache_path = ${folder}/cache
[pipeline:main]
pipeline = ${name}-server
[app:${name}-server]
use = egg:swift#${name}
`;
}

function proxyConf(folder: string, port: number, cache: number, pageSize: number): string {
  return `${common(folder, port)}[pipeline:main]
pipeline = catch_errors gatekeeper healthcheck cache listing_formats s3api tempauth slo dlo proxy-server
[app:proxy-server]
use = egg:swift#proxy
account_autocreate = true
allow_account_management = true
[filter:catch_errors]
use = egg:swift#catch_errors
[filter:gatekeeper]
use = egg:swift#gatekeeper
[filter:healthcheck]
use = egg:swift#healthcheck
[filter:cache]
use = egg:swift#memcache
memcache_servers = 127.0.0.1:${cache}
[filter:listing_formats]
use = egg:swift#listing_formats
[filter:s3api]
use = egg:swift#s3api
s3_acl = true
check_bucket_owner = true
location = us-east-1
dns_compliant_bucket_names = true
max_bucket_listing = ${pageSize}
[filter:tempauth]
use = egg:swift#tempauth
user_acme_alice = alicesecret .admin .reseller_admin
user_acme_dave = davesecret
[filter:slo]
use = egg:swift#slo
[filter:dlo]
use = egg:swift#dlo
`;
}
