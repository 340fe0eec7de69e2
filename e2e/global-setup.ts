import { spawn } from "node:child_process";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { browser } from "./browser.ts";
import { describeProduct, type Product } from "./product.ts";

/** Starts what `npm start` starts, on a data folder and a port of its own, once for all journeys. */
export default async function start(): Promise<(() => Promise<void>) | undefined> {
  if (browser.missing) return undefined;
  const dataDir = await mkdtemp(path.join(tmpdir(), "tributary-e2e-"));
  const [port, website, store, closed] = await Promise.all([freePort(), freePort(), freePort(), freePort()]);
  const url = `http://127.0.0.1:${port}`;
  const child = spawn(process.execPath, ["scripts/run.mjs", "lib/start/main.ts"], {
    stdio: ["ignore", "pipe", "inherit"],
    env: {
      ...process.env,
      DATA_DIR: dataDir,
      HOST: "127.0.0.1",
      PORT: String(port),
      APP_URL: url,
      WORKERS: "1",
      EGRESS_ALLOW: [website, store, closed].map((allowed) => `127.0.0.1:${allowed}`).join(","),
      RETRY_BASE_MS: "20",
      LOG_LEVEL: "warn",
    },
  });
  const setupUrl = await new Promise<string>((resolve, reject) => {
    let output = "";
    const timer = setTimeout(() => reject(new Error(`not ready after 5 minutes:\n${output}`)), 300_000);
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      output += text;
      const link = /(http\S+\/setup\?token=\S+)/.exec(output)?.[1];
      if (!link) return;
      clearTimeout(timer);
      resolve(link);
    });
    child.once("exit", (code) => reject(new Error(`npm start ended with ${code}:\n${output}`)));
  });
  const product: Product = { url, setupUrl, dataDir, websitePort: website, storePort: store, closedPort: closed };
  await mkdir(path.dirname(describeProduct), { recursive: true });
  await writeFile(describeProduct, JSON.stringify(product));
  return async () => {
    const ended = new Promise((resolve) => child.once("exit", resolve));
    child.kill("SIGTERM");
    await ended;
    await rm(dataDir, { recursive: true, force: true });
  };
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
