import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import path from "node:path";

/** A private nginx: serves files as fast as the machine can, so that the clients and not the server are measured. */

const echo = "/usr/lib/nginx/modules/ngx_http_echo_module.so";

export interface Nginx {
  /** whether answers can be delayed (the echo module is installed) */
  readonly canDelay: boolean;
  stop(): Promise<void>;
}

export const nginxMissing = (): string | undefined =>
  spawnSync("nginx", ["-v"]).error ? "nginx is not installed" : undefined;

/** A port of 127.0.0.1 that was free a moment ago. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => {
    server.close(resolve);
  });
  return port;
}

/** @param servers contents of the `http` block. `work` must be writable by nginx's workers. */
export async function startNginx(work: string, servers: (canDelay: boolean) => string): Promise<Nginx> {
  const canDelay = existsSync(echo);
  rmSync(work, { recursive: true, force: true });
  mkdirSync(work, { recursive: true });
  const file = path.join(work, "nginx.conf");
  const pidFile = path.join(work, "nginx.pid");
  const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
    .map((name) => `${name}_temp_path ${work}/${name};`)
    .join("\n  ");
  writeFileSync(
    file,
    `${canDelay ? `load_module ${echo};` : ""}
${process.getuid?.() === 0 ? "user root;" : ""}
worker_processes 1; daemon off; pid ${pidFile}; error_log ${work}/error.log;
events { worker_connections 4096; }
http {
  include /etc/nginx/mime.types; default_type application/octet-stream; access_log off;
  sendfile on; tcp_nopush on; tcp_nodelay on; keepalive_requests 1000000; keepalive_timeout 120;
  open_file_cache max=20000 inactive=600s; open_file_cache_valid 600s;
  ${temporary}
  ${servers(canDelay)}
}
`,
  );
  const child = spawn("nginx", ["-p", work, "-e", `${work}/error.log`, "-c", file], {
    stdio: ["ignore", "ignore", "pipe"],
  });
  let errors = "";
  child.stderr.on("data", (chunk) => (errors += String(chunk)));
  const closed = new Promise<void>((resolve) => child.once("close", () => resolve()));
  for (let tries = 0; !existsSync(pidFile) || readFileSync(pidFile, "utf8").trim() === ""; tries++) {
    if (child.exitCode !== null || tries > 500) throw new Error(`nginx did not start: ${errors}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  return {
    canDelay,
    async stop() {
      child.kill("SIGQUIT");
      await closed;
    },
  };
}
