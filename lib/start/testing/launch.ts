import { spawn, type ChildProcess } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach } from "vitest";
import { postmasterPid } from "../../db/postmaster.ts";
import { until } from "../../testing/wait.ts";
import { projectFolder } from "../project.ts";

/** A data folder of its own for a test; whatever still runs on it is ended and the folder removed afterwards. */
export function temporaryDataFolder(): string {
  const folder = mkdtempSync(path.join(tmpdir(), "tributary-start-"));
  cleanups.push(async () => {
    const pid = await databasePid(folder);
    if (pid !== undefined) process.kill(pid, "SIGQUIT");
    if (pid !== undefined) await until(async () => (await databasePid(folder)) === undefined, { timeoutMs: 30_000 });
    rmSync(folder, { recursive: true, force: true });
  });
  return folder;
}

const cleanups: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
});

export const databasePid = (dataDir: string): Promise<number | undefined> =>
  postmasterPid(path.join(dataDir, "postgresql-18"));

/** A port that nobody uses at this moment. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", () => resolve()));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

export interface Started {
  readonly process: ChildProcess;
  readonly url: string;
  /** everything it has printed */
  output(): string;
  /** process id of the web stand-in, asked by HTTP */
  webPid(): Promise<number>;
  ready(): Promise<void>;
  /** resolves with the exit code, or the signal that ended it */
  ended(): Promise<number | string>;
}

/** Runs the supervisor (start.ts), or another script, with these variables. */
export function launch(
  variables: Readonly<Record<string, string>>,
  script: readonly string[] = ["lib/start/testing/start.ts"],
): Started {
  const url = `http://127.0.0.1:${variables["PORT"] ?? 3000}`;
  const child = spawn(process.execPath, [...script], {
    cwd: projectFolder,
    env: { PATH: "/usr/bin:/bin", NODE_ENV: "production", APP_URL: url, ...variables },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (data: Buffer) => (output += data.toString()));
  const ended = new Promise<number | string>((resolve) =>
    child.once("close", (code, signal) => resolve(signal ?? code ?? "?")),
  );
  cleanups.push(async () => {
    child.kill("SIGTERM");
    setTimeout(() => child.kill("SIGKILL"), 20_000).unref();
    await ended;
  });
  const started: Started = {
    process: child,
    url,
    output: () => output,
    webPid: async () => ((await (await fetch(url)).json()) as { pid: number }).pid,
    ready: async () => {
      await until(
        () => {
          if (child.exitCode !== null) throw new Error(`ended: ${output}`);
          return output.includes("Tributary is ready");
        },
        { timeoutMs: 60_000, what: "the supervisor to be ready" },
      );
    },
    ended: () => ended,
  };
  return started;
}
