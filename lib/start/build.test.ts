import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { buildIsCurrent, fingerprint } from "./build.ts";

let root = "";
const write = (file: string, text: string): void => {
  mkdirSync(path.dirname(path.join(root, file)), { recursive: true });
  writeFileSync(path.join(root, file), text);
};
beforeEach(() => {
  root = mkdtempSync(path.join(tmpdir(), "tributary-build-"));
  write("app/page.tsx", "one");
  write("package-lock.json", "{}");
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

test("sources, dependencies and schema change the fingerprint; tests, generated code and dates do not", async () => {
  const before = await fingerprint(root);
  write("app/page.test.tsx", "test");
  write("lib/testing/a.ts", "test");
  write("lib/db/generated/client.ts", "generated");
  cpSync(path.join(root, "app/page.tsx"), path.join(root, "app/page.tsx.tmp"));
  rmSync(path.join(root, "app/page.tsx"));
  cpSync(path.join(root, "app/page.tsx.tmp"), path.join(root, "app/page.tsx"));
  rmSync(path.join(root, "app/page.tsx.tmp"));
  expect(await fingerprint(root)).toBe(before);
  for (const [file, text] of [
    ["app/page.tsx", "two"],
    ["package-lock.json", "{ }"],
    ["prisma/schema.prisma", "x"],
  ] as const) {
    const last = await fingerprint(root);
    write(file, text);
    expect(await fingerprint(root)).not.toBe(last);
  }
});

test("a build counts only when it was finished for exactly these sources", async () => {
  const current = await fingerprint(root);
  write("lib/db/generated/client.ts", "generated");
  expect(await buildIsCurrent(root, current)).toBe(false);
  write(".next/BUILD_ID", "x");
  expect(await buildIsCurrent(root, current)).toBe(false);
  write(".next/tributary-build", current);
  expect(await buildIsCurrent(root, current)).toBe(true);
  expect(await buildIsCurrent(root, "other")).toBe(false);
});
