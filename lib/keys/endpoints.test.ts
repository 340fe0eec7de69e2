import { readFileSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { accessScopes } from "#lib/contract/access.ts";
import { operations } from "#lib/contract/operations.ts";
import { endpointsOf } from "./endpoints.ts";

test("a key's maker is told what it opens: less for fewer scopes, and for one container documents and search", () => {
  expect(endpointsOf(accessScopes, null)).toEqual([
    "/v3/auth",
    "/v3/connections",
    "/v3/documents",
    "/v3/memories",
    "/v3/search",
    "/v3/settings",
    "/v4/search",
  ]);
  expect(endpointsOf(["read", "write"], "a")).toEqual(["/v3/documents", "/v3/memories", "/v3/search", "/v4/search"]);
  expect(endpointsOf(["write"], "a")).toEqual(["/v3/documents", "/v3/memories"]);
});

test("docs/keys.md names every operation under its scope, and marks those that a key for one container may use", () => {
  const text = readFileSync(path.resolve(import.meta.dirname, "../../docs/keys.md"), "utf8");
  const rows = text.split("\n").filter((line) => /^\| `(?:GET|POST|PATCH|DELETE) /.test(line));
  const printed = rows.map((row) => row.split("|").map((cell) => cell.trim().replaceAll("`", "")));
  const documented = printed.map(([, call, scope, contained]) => `${call} ${scope} ${contained === "yes"}`);
  const wanted = operations
    .filter(({ deprecated, reply }) => !deprecated && reply.status !== 501)
    .map(({ method, path: at, access, contained }) => `${method} ${at} ${access} ${contained === true}`);
  expect(documented.toSorted()).toEqual(wanted.toSorted());
});
