import { execFileSync } from "node:child_process";
import { chmodSync, cpSync, lstatSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { packageHome, postgresBinaries } from "./binaries.ts";
import { databaseIdentity } from "./unprivileged.ts";

let folder = "";
let home = "";
let dataDir = "";

/** The package as it is when npm's install scripts are off: without a single symbolic link. */
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), "tributary-bin-"));
  chmodSync(folder, 0o755);
  home = path.join(folder, "clone", "package");
  dataDir = path.join(folder, "data");
  mkdirSync(dataDir, { mode: 0o755 });
  cpSync(packageHome(), home, { recursive: true, verbatimSymlinks: true });
  for (const { target } of links()) if (isLink(target)) rmSync(path.join(home, target));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const links = (): readonly { target: string }[] =>
  JSON.parse(readFileSync(path.join(home, "native", "pg-symlinks.json"), "utf8"));
const isLink = (target: string): boolean =>
  lstatSync(path.join(home, target), { throwIfNoEntry: false })?.isSymbolicLink() ?? false;
const version = (bin: string): string =>
  execFileSync(path.join(bin, "postgres"), ["--version"], { ...databaseIdentity(), cwd: "/", encoding: "utf8" });

test("links that install scripts would have made are made, and the package is used where it is", async () => {
  expect(links().some(({ target }) => isLink(target))).toBe(false);
  const { bin } = await postgresBinaries(dataDir, databaseIdentity(), home);
  expect(bin).toBe(path.join(home, "native", "bin"));
  expect(version(bin)).toContain("PostgreSQL) 18");
});

test.runIf(process.getuid?.() === 0)(
  "for root in a folder that nobody else can reach, they are copied once to where the database's user can go",
  async () => {
    chmodSync(path.join(folder, "clone"), 0o700);
    const { bin } = await postgresBinaries(dataDir, databaseIdentity(), home);
    expect(path.relative(dataDir, bin)).toMatch(/^postgresql-18[^/]*\/native\/bin$/);
    expect(version(bin)).toContain("PostgreSQL) 18");
    const copied = lstatSync(path.join(bin, "postgres")).ino;
    expect(await postgresBinaries(dataDir, databaseIdentity(), home)).toEqual({ bin });
    expect(lstatSync(path.join(bin, "postgres")).ino).toBe(copied);
  },
);

test("a PostgreSQL that cannot run here is one sentence that asks for DATABASE_URL", async () => {
  rmSync(path.join(home, "native", "lib"), { recursive: true });
  await expect(postgresBinaries(dataDir, databaseIdentity(), home)).rejects.toThrow(
    /does not run here.*set DATABASE_URL/s,
  );
});
