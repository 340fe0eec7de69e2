import { spawn } from "node:child_process";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { browser } from "./browser.ts";
import { FakeGoogleDrive } from "../lib/connectors/google-drive/fake/server.ts";
import { FakeNotion } from "../lib/connectors/notion/fake/server.ts";
import { FakeOneDrive } from "../lib/connectors/onedrive/fake/server.ts";
import { describeProduct, oauthApp, type Ports, type Product } from "./product.ts";

/** Starts what `npm start` starts, on a data folder and a port of its own, once for all journeys. */
export default async function start(): Promise<(() => Promise<void>) | undefined> {
  if (browser.missing) return undefined;
  const dataDir = await mkdtemp(path.join(tmpdir(), "tributary-e2e-"));
  const { port, ...ports } = await freePorts();
  const url = `http://127.0.0.1:${port}`;
  const reached = [ports.websitePort, ports.storePort, ports.closedPort, ports.onedriveFilesPort];
  const child = spawn(process.execPath, ["scripts/run.mjs", "lib/start/main.ts"], {
    stdio: ["ignore", "pipe", "inherit"],
    env: {
      ...process.env,
      DATA_DIR: dataDir,
      HOST: "127.0.0.1",
      PORT: String(port),
      APP_URL: url,
      WORKERS: "1",
      EGRESS_ALLOW: reached.map((allowed) => `127.0.0.1:${allowed}`).join(","),
      ...(await addressesOf(await FakeNotion.start({ port: ports.notionPort }))),
      ...(await addressesOf(await FakeGoogleDrive.start({ port: ports.drivePort }))),
      ...(await addressesOf(await FakeOneDrive.start({ port: ports.onedrivePort }))),
      // nobody has set OneDrive up: its journey does
      NOTION_CLIENT_ID: oauthApp.clientId,
      NOTION_CLIENT_SECRET: oauthApp.clientSecret,
      GOOGLE_CLIENT_ID: oauthApp.clientId,
      GOOGLE_CLIENT_SECRET: oauthApp.clientSecret,
      MICROSOFT_CLIENT_ID: "",
      MICROSOFT_CLIENT_SECRET: "",
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
  const product: Product = { url, setupUrl, dataDir, ...ports };
  await mkdir(path.dirname(describeProduct), { recursive: true });
  await writeFile(describeProduct, JSON.stringify(product));
  return async () => {
    const ended = new Promise((resolve) => child.once("exit", resolve));
    child.kill("SIGTERM");
    await ended;
    await rm(dataDir, { recursive: true, force: true });
  };
}

/** Which variables lead to a provider's fake on its port; the journeys start it there when they need it. */
async function addressesOf(fake: {
  readonly env: Readonly<Record<string, string>>;
  close(): Promise<void>;
}): Promise<Readonly<Record<string, string>>> {
  const { env } = fake;
  await fake.close();
  return env;
}

/** All at once, so that none is given twice. */
async function freePorts(): Promise<Ports & { readonly port: number }> {
  const open: Server[] = [];
  const free = async () => {
    const server = createServer();
    open.push(server);
    await new Promise<void>((resolve) => {
      server.listen(0, "127.0.0.1", resolve);
    });
    return (server.address() as AddressInfo).port;
  };
  const ports = {
    port: await free(),
    websitePort: await free(),
    storePort: await free(),
    closedPort: await free(),
    notionPort: await free(),
    drivePort: await free(),
    onedrivePort: await free(),
    onedriveFilesPort: await free(),
  };
  await Promise.all(open.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}
