import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { readFile, readdir, stat, writeFile } from "node:fs/promises";
import path from "node:path";
import { StartupError } from "../db/startup-error.ts";
import { childEnv } from "../env.ts";
import { log } from "../log.ts";
import { projectFolder } from "./project.ts";

/** Everything the build depends on; tests and generated code are left out. */
const inputs = [
  "app",
  "components",
  "lib",
  "public",
  "prisma/schema.prisma",
  "next.config.ts",
  "postcss.config.json",
  "tsconfig.json",
  "package.json",
  "package-lock.json",
];
const ignored = /\.test\.tsx?$|^lib\/(testing|db\/generated)\/|\/(fake|testing)\//;

const buildNote = ".next/tributary-build";
const generated = "lib/db/generated/client.ts";

/** One hash over names and contents of all inputs. */
export async function fingerprint(root: string): Promise<string> {
  const files: string[] = [];
  for (const input of inputs) {
    const found = await stat(path.join(root, input)).catch(() => undefined);
    if (found?.isFile()) files.push(input);
    if (!found?.isDirectory()) continue;
    const entries = await readdir(path.join(root, input), { withFileTypes: true, recursive: true });
    for (const entry of entries) {
      if (entry.isFile()) files.push(path.relative(root, path.join(entry.parentPath, entry.name)));
    }
  }
  const hash = createHash("sha256");
  for (const file of files.filter((name) => !ignored.test(name)).sort()) {
    hash.update(`${file}\0`).update(await readFile(path.join(root, file)));
  }
  return hash.digest("hex");
}

/** Is `.next` what the present sources give? */
export async function buildIsCurrent(root: string, current: string): Promise<boolean> {
  if (!existsSync(path.join(root, ".next", "BUILD_ID")) || !existsSync(path.join(root, generated))) return false;
  return (await readFile(path.join(root, buildNote), "utf8").catch(() => "")) === current;
}

/** The database client that Prisma generates from the schema. Quick; needed before anything imports it. */
export async function generateClient(signal?: AbortSignal): Promise<void> {
  await runNode("prisma generate", ["scripts/prisma.ts", "generate"], signal);
}

/** Generates and builds unless nothing changed since last time. @throws StartupError with the build's own words */
export async function ensureBuild(signal?: AbortSignal): Promise<void> {
  const current = await fingerprint(projectFolder);
  if (await buildIsCurrent(projectFolder, current)) return;
  const began = performance.now();
  log("info", "building the console; this takes a minute or two and is done once per version");
  const seconds = () => Math.round((performance.now() - began) / 1000);
  const progress = setInterval(() => log("info", "still building the console", { seconds: seconds() }), 20_000);
  try {
    await generateClient(signal);
    await runNode("next build", ["node_modules/next/dist/bin/next", "build"], signal);
  } finally {
    clearInterval(progress);
  }
  await writeFile(path.join(projectFolder, buildNote), current);
  log("info", "built", { seconds: seconds() });
}

function runNode(name: string, args: readonly string[], signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [...args], {
      cwd: projectFolder,
      env: childEnv({ NODE_ENV: "production", NEXT_TELEMETRY_DISABLED: "1" }),
      stdio: ["ignore", "pipe", "pipe"],
      signal,
      killSignal: "SIGKILL",
    });
    let output = "";
    const collect = (data: Buffer) => {
      output = (output + data.toString()).slice(-20_000);
    };
    child.stdout.on("data", collect);
    child.stderr.on("data", collect);
    child.once("error", reject);
    child.once("close", (code) => {
      if (code === 0) resolve();
      else reject(new StartupError(`${name} failed:\n${output.trim()}`));
    });
  });
}
