#!/usr/bin/env node
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { bindMigrationAwareSqlAdapterFactory } from "@prisma/driver-adapter-utils";
import type * as wasm from "@prisma/schema-engine-wasm/schema_engine_bg";
import { EngineDatabases } from "./schema-engine-database.ts";

/**
 * Stands in for Prisma's native schema engine: newline-delimited JSON-RPC on stdin and stdout, answered by Prisma's own
 * engine compiled to WebAssembly. Started by the Prisma command line (see prisma.ts), not by hand.
 */

type Engine = wasm.SchemaEngine & Readonly<Record<string, (params: unknown) => Promise<unknown>>>;

interface Request {
  readonly id: number;
  readonly method?: string;
  readonly params: unknown;
}

const require = createRequire(import.meta.url);
const { values, positionals } = parseArgs({
  allowPositionals: true,
  strict: false,
  options: {
    datasource: { type: "string" },
    datamodels: { type: "string", multiple: true },
    version: { type: "boolean" },
  },
});
const datasource = JSON.parse(String(values["datasource"] ?? "{}")) as { url?: string };
const databases = new EngineDatabases();
const wasmFolder = path.dirname(require.resolve("@prisma/schema-engine-wasm"));

/** Lines on stderr in the format of the native engine, which the command line reads. */
function log(level: "INFO" | "ERROR", fields: Readonly<Record<string, unknown>>): void {
  const line = { timestamp: new Date().toISOString(), level, fields, target: "schema_engine::logger" };
  process.stderr.write(`${JSON.stringify(line)}\n`);
}

interface Bindings {
  readonly SchemaEngine: { new: (...args: unknown[]) => Promise<Engine> };
}

async function createEngine(): Promise<Engine> {
  const glue = (await import(pathToFileURL(path.join(wasmFolder, "schema_engine_bg.js")).href)) as Record<
    string,
    unknown
  >;
  const compiled = new WebAssembly.Module(readFileSync(path.join(wasmFolder, "schema_engine_bg.wasm")));
  Object.assign(globalThis, {
    PRISMA_WASM_PANIC_REGISTRY: { set_message: (message: string) => log("ERROR", { message }) },
  });
  const instance = new WebAssembly.Instance(compiled, { "./schema_engine_bg.js": glue as WebAssembly.ModuleImports });
  (glue["__wbg_set_wasm"] as (exports: WebAssembly.Exports) => void)(instance.exports);
  (instance.exports["__wbindgen_start"] as () => void)();
  const datamodels = ((values["datamodels"] ?? []) as string[]).map((file) => [file, readFileSync(file, "utf8")]);
  return (glue as unknown as Bindings).SchemaEngine.new(
    { datamodels: datamodels.length > 0 ? datamodels : undefined },
    (message: unknown) => log("INFO", { message: String(message) }),
    bindMigrationAwareSqlAdapterFactory(await databases.factory(datasource.url)),
  );
}

let created: Promise<Engine> | undefined;
const engine = (): Promise<Engine> => (created ??= createEngine());

/**
 * What changes between the migrations and the schema. Two calls of the WebAssembly build cannot open a shadow database
 * ("must be provided through an external factory"), but its `diff` can, and tells the same.
 */
function pendingDiff(params: wasm.EvaluateDataLossInput | wasm.CreateMigrationInput): Promise<wasm.DiffResult> {
  const { migrationsList, schema, filters } = params;
  const from: wasm.DiffTarget =
    migrationsList.migrationDirectories.length > 0 ? { tag: "migrations", ...migrationsList } : { tag: "empty" };
  const to: wasm.DiffTarget = { tag: "schemaDatamodel", files: schema.files };
  return engine().then((e) => e.diff({ from, to, script: true, exitCode: true, filters }));
}

const differs = 2;

async function evaluateDataLoss(params: wasm.EvaluateDataLossInput): Promise<wasm.EvaluateDataLossOutput> {
  const { exitCode, stdout } = await pendingDiff(params);
  const sql = stdout ?? "";
  const migrationSteps = exitCode === differs ? (sql.match(/^-- (?!Warning)/gm)?.length ?? 1) : 0;
  const warnings = [...sql.matchAll(/^.*\bDROP (?:TABLE|COLUMN|TYPE)\b.*$/gm)].map(([line], stepIndex) => ({
    message: `Possible data loss: ${line.trim()}`,
    stepIndex,
  }));
  return { migrationSteps, warnings, unexecutableSteps: [] };
}

async function createMigration(params: wasm.CreateMigrationInput): Promise<wasm.CreateMigrationOutput> {
  const { exitCode, stdout } = await pendingDiff(params);
  const timestamp = new Date().toISOString().replaceAll(/\D/g, "").slice(0, 14);
  const name = timestamp + (params.migrationName ? `_${params.migrationName}` : "");
  const empty = exitCode !== differs;
  return {
    connectorType: "postgresql",
    extension: "sql",
    generatedMigrationName: empty && !params.draft ? null : name,
    migrationScript: empty ? (params.draft ? "-- This is an empty migration." : null) : stdout,
  } as wasm.CreateMigrationOutput;
}

async function answer(method: string, params: unknown): Promise<unknown> {
  if (method === "evaluateDataLoss") return evaluateDataLoss(params as wasm.EvaluateDataLossInput);
  if (method === "createMigration") return createMigration(params as wasm.CreateMigrationInput);
  const current = await engine();
  const call = current[method === "getDatabaseVersion" ? "version" : method];
  if (!call) throw new Error(`The schema engine has no method ${method}.`);
  return call.call(current, params);
}

const send = (message: object): void =>
  void process.stdout.write(`${JSON.stringify({ jsonrpc: "2.0", ...message })}\n`);

async function handle({ id, method, params }: Request): Promise<void> {
  if (!method) return; // the command line's receipt for what we printed
  try {
    const result = await answer(method, params);
    const printed = method === "diff" ? (result as wasm.DiffResult).stdout : null;
    if (printed !== null) send({ id: 10_000 + id, method: "print", params: { content: printed } });
    send({ id, result: result ?? {} });
  } catch (error) {
    const { message, code } = error as Error & { code?: string };
    const data = { is_panic: false, message: message ?? String(error), error_code: code ?? null, meta: null };
    send({ id, error: { code: 4466, message: "An error happened. Check the data field for details.", data } });
  }
}

/** `cli can-connect-to-database` */
async function canConnect(): Promise<number> {
  try {
    const current = await engine();
    await current.ensureConnectionValidity({ datasource: { tag: "ConnectionString", url: datasource.url ?? "" } });
    return 0;
  } catch (error) {
    const { message, code } = error as Error & { code?: string };
    log("ERROR", { is_panic: false, message, error_code: code ?? "P1001", meta: null });
    return 1;
  } finally {
    await databases.close();
  }
}

if (values["version"]) {
  const { version } = require(path.join(wasmFolder, "package.json")) as { version: string };
  console.log(`schema-engine ${version}`);
} else if (positionals.includes("cli")) {
  process.exitCode = await canConnect();
} else {
  // One after the other, as the native engine does.
  for await (const line of createInterface({ input: process.stdin })) {
    if (line.trim() !== "") await handle(JSON.parse(line) as Request);
  }
  await databases.close();
  process.exit(0);
}
