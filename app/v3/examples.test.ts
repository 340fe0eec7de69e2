import { execFile, execFileSync, spawn, type ChildProcess } from "node:child_process";
import { mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { createInterface } from "node:readline";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { examples } from "#lib/contract/examples/values.ts";
import type { ExampleLanguage } from "#lib/contract/examples/example.ts";
import { printedExample } from "#lib/contract/examples/print.ts";
import { operations } from "#lib/contract/operations.ts";
import type { Operation } from "#lib/contract/operation.ts";
import { stubSettings } from "#lib/testing/api.ts";
import { useBothKinds } from "#lib/testing/both-kinds.ts";
import { connectRig } from "#lib/testing/connect-rig.ts";

/** The reference's examples, run as they are printed: real curl, real Node with the official client, real Python. */

const rig = connectRig();
const run = promisify(execFile);
let folder = "";

const shown = operations.filter((operation) => examples.has(operation.id));
const team = { containerTags: ["team_docs"] };

function isThere(command: string): boolean {
  try {
    execFileSync(command, ["--version"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "examples-"));
  await symlink(path.resolve(import.meta.dirname, "../../node_modules"), path.join(folder, "node_modules"));
  await writeFile(path.join(folder, "handbook.md"), "# Handbook\n\nBe kind.\n");
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** What the examples find in their environment; made anew for each, since some of them remove it. */
async function environment(accountConnectionId: string): Promise<Record<string, string>> {
  const { client } = rig;
  const { id: connectionId } = await client.connections.create("s3", { ...team, metadata: { ...stubSettings } });
  const { id: documentId } = await client.documents.add({ content: "Flights are booked by the assistant.", ...team });
  const file = await client.documents.uploadFile({
    file: new File(["# Travel"], "travel.md"),
    containerTag: "team_docs",
  });
  const key = await globalThis.fetch(`${rig.url}/v3/auth/scoped-key`, {
    method: "POST",
    headers: { authorization: `Bearer ${rig.acme.apiKey}`, "content-type": "application/json" },
    body: JSON.stringify({ containerTag: "team_docs", name: "made for an example" }),
  });
  const { id: keyId } = (await key.json()) as { id: string };
  return {
    TRIBUTARY_API_KEY: rig.acme.apiKey,
    CONNECTION_ID: connectionId,
    ACCOUNT_CONNECTION_ID: accountConnectionId,
    DOCUMENT_ID: documentId,
    FILE_DOCUMENT_ID: file.id,
    KEY_ID: keyId,
    S3_ACCESS_KEY_ID: stubSettings.accessKeyId,
    S3_SECRET_ACCESS_KEY: stubSettings.secretAccessKey,
  };
}

/** What a program needs to start, and what its example needs. */
function own(env: Record<string, string>): NodeJS.ProcessEnv {
  const { PATH, HOME } = globalThis.process.env;
  return { NODE_ENV: "test", PATH, HOME, ...env };
}

type Runner = (operation: Operation, text: string, env: Record<string, string>) => Promise<string>;

async function runAll(language: ExampleLanguage, runner: Runner): Promise<void> {
  const account = await useBothKinds(rig);
  for (const operation of shown) {
    const text = printedExample(operation, rig.url)?.[language] ?? "";
    const env = await environment(account);
    const output = await runner(operation, text, env).catch((error: unknown) => {
      throw new Error(`${operation.id} in ${language} did not run:\n${text}\n`, { cause: error });
    });
    if (operation.reply.contentType !== null)
      expect(output.trim(), `${operation.id} in ${language} prints the reply`).not.toBe("");
  }
}

describe("every example of the reference runs as it is printed", () => {
  test("every operation that does something has one", () => {
    const wanted = operations.filter((operation) => operation.reply.status !== 501 && !operation.deprecated);
    expect([...examples.keys()].toSorted()).toEqual(wanted.map(({ id }) => id).toSorted());
  });

  test.skipIf(!isThere("curl"))("curl (skipped without curl)", async () => {
    await runAll("curl", async (_operation, text, env) => {
      const { stdout } = await run("sh", ["-ec", text], { cwd: folder, env: own(env) });
      return stdout;
    });
  });

  test("TypeScript, with the official client", async () => {
    const runner = await moduleRunner();
    try {
      await runAll("TypeScript", async (operation, text, env) => {
        const file = path.join(folder, `${operation.id}.mts`);
        await writeFile(file, text);
        return runner.run(file, env);
      });
    } finally {
      runner.end();
    }
  });

  test.skipIf(!isThere("python3"))("Python, with its standard library alone (skipped without python3)", async () => {
    await runAll("Python", async (operation, text, env) => {
      const file = path.join(folder, `${operation.id}.py`);
      await writeFile(file, text);
      const { stdout } = await run("python3", [file], { cwd: folder, env: own(env) });
      return stdout;
    });
  });

  test.skipIf(!isThere("python3"))(
    "in Python, what went wrong is printed, without a traceback, and it exits with 1",
    async () => {
      const operation = shown.find(({ id }) => id === "listDocuments");
      const file = path.join(folder, "refused.py");
      await writeFile(file, (operation && printedExample(operation, rig.url)?.Python) ?? "");
      const refused = run("python3", [file], { cwd: folder, env: own({ TRIBUTARY_API_KEY: "sm_wrong" }) });
      await expect(refused).rejects.toMatchObject({
        code: 1,
        stdout: "",
        stderr: expect.stringMatching(/^401 \{"error":".+\}\n$/),
      });
    },
  );
});

interface ModuleRunner {
  /** imports the file as the program it is; answers what it printed */
  run(file: string, env: Record<string, string>): Promise<string>;
  end(): void;
}

/** One Node for all of them: each is imported in turn, with its environment, and what it prints is kept. */
async function moduleRunner(): Promise<ModuleRunner> {
  const program = path.join(folder, "run.mjs");
  await writeFile(
    program,
    `import { createInterface } from "node:readline";
const print = process.stdout.write.bind(process.stdout);
for await (const line of createInterface({ input: process.stdin })) {
  const { file, env } = JSON.parse(line);
  Object.assign(process.env, env);
  let output = "";
  console.log = (...values) => { output += values.map((value) => typeof value === "string" ? value : JSON.stringify(value)).join(" "); };
  const error = await import(file).then(() => undefined, (thrown) => String(thrown?.stack ?? thrown));
  print(JSON.stringify({ output, error }) + "\\n");
}
`,
  );
  const child: ChildProcess = spawn("node", ["--no-warnings", program], {
    cwd: folder,
    stdio: ["pipe", "pipe", "inherit"],
  });
  const lines = createInterface({ input: child.stdout ?? expect.fail("no output") })[Symbol.asyncIterator]();
  return {
    async run(file, env) {
      child.stdin?.write(`${JSON.stringify({ file, env })}\n`);
      const { value, done } = await lines.next();
      if (done) throw new Error("node ended");
      const { output, error } = JSON.parse(value) as { output: string; error?: string };
      if (error) throw new Error(error);
      return output;
    },
    end: () => void child.kill(),
  };
}
