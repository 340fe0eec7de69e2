import { execFile } from "node:child_process";
import { mkdtemp, mkdir, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";

/** Another project beside this one, as `npm install ../tributary` leaves it: the package is a link to the folder. */

const run = promisify(execFile);
const root = path.resolve(import.meta.dirname, "..");
let project: string;

beforeAll(async () => {
  project = await mkdtemp(path.join(tmpdir(), "tributary-project-"));
  await mkdir(path.join(project, "node_modules"));
  await symlink(root, path.join(project, "node_modules/tributary"));
  const compilerOptions = {
    target: "ES2023",
    lib: ["ES2024", "DOM"],
    module: "nodenext",
    strict: true,
    noEmit: true,
    allowImportingTsExtensions: true,
    skipLibCheck: true,
    types: [],
  };
  await writeFile(path.join(project, "package.json"), JSON.stringify({ type: "module" }));
  await writeFile(path.join(project, "tsconfig.json"), JSON.stringify({ compilerOptions, include: ["main.ts"] }));
  await writeFile(
    path.join(project, "main.ts"),
    `import { createApi, Unreachable } from "tributary/client";
     import { listDocuments, operations } from "tributary/contract";
     const api = createApi({ baseUrl: "http://127.0.0.1:1", key: "tr_key" });
     try {
       const page = await api.call(listDocuments, { body: { limit: 5, filters: { AND: [] } } });
       const title: string | null | undefined = page.memories[0]?.title;
       const next: string | null | undefined = page.pagination.nextCursor;
       // @ts-expect-error a limit is a number or digits
       await api.call("POST /v3/documents/list", { body: { limit: true } });
       console.log(title, next);
     } catch (error) {
       console.log(operations.length > 20, error instanceof Unreachable);
     }
     `,
  );
});

afterAll(() => rm(project, { recursive: true, force: true }));

test("another project runs the contract and the client by their names, without a build", async () => {
  const { stdout } = await run(process.execPath, ["main.ts"], { cwd: project });
  expect(stdout.trim()).toBe("true true");
});

test("and its compiler knows what goes in and comes out", async () => {
  const tsc = path.join(root, "node_modules/typescript/bin/tsc");
  await run(process.execPath, [tsc, "-p", "."], { cwd: project });
});
