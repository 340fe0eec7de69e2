import { execFile, execFileSync } from "node:child_process";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { createKey, type CreateKeyInput } from "#lib/keys/service.ts";
import { testApi } from "#lib/testing/api.ts";
import { keyExample } from "./key-snippets.ts";

const api = testApi();
const run = promisify(execFile);

const keys: readonly Omit<CreateKeyInput, "name">[] = [
  {},
  { scopes: ["read"] },
  { scopes: ["write"] },
  { scopes: ["connections"] },
  { scopes: ["connections", "read"] },
  { containerTag: "user_1" },
  { containerTag: "user_1", scopes: ["write"] },
];

function isThere(command: string): boolean {
  try {
    execFileSync(command, ["--version"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

for (const [language, command, flag] of [
  ["curl", "sh", "-ec"],
  ["Python", "python3", "-c"],
] as const)
  test.skipIf(!isThere(language === "curl" ? "curl" : command))(
    `the first call that is shown with a key runs as it is, whatever the key may do: ${language}`,
    async () => {
      for (const input of keys) {
        const { key, view } = await createKey(api.acme.principal, { name: "shown", ...input });
        const text = keyExample(api.url, view.scopes)[language];
        expect(text).not.toContain(key);
        const { PATH, HOME } = globalThis.process.env;
        const env = { NODE_ENV: "test" as const, PATH, HOME, TRIBUTARY_API_KEY: key };
        const { stdout } = await run(command, [flag, text], { env });
        expect(stdout.trim(), JSON.stringify(input)).not.toBe("");
      }
    },
  );

test("in TypeScript it is the official client's call where it has one", () => {
  const shown = (scopes: Parameters<typeof keyExample>[1]) => keyExample("https://t.example.com", scopes).TypeScript;
  expect(shown(["read", "write"])).toContain(`client.search.documents({\n  q: "holiday",`);
  expect(shown(["write", "connections"])).toContain("client.documents.add({");
  expect(shown(["connections"])).toContain("https://t.example.com/v3/auth/scoped-key");
});
