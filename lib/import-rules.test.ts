import path from "node:path";
import { expect, test } from "vitest";
import { cycles, readSources, violations, type Rule } from "../scripts/import-graph.ts";

const rules: Rule[] = [
  {
    from: /^components\/|^lib\/client\//,
    neverPackage: /^node:|^pg$|^pg-boss$|^@prisma\/|^undici$/,
    neverReach: /^lib\/(?!contract\/|client\/)/,
    because: "browser code must not reach server code: secrets stay out of the bundle",
  },
  {
    from: /^lib\/contract\//,
    neverDirectPackage: /^(?!zod(\/mini)?$)/,
    neverImport: /^(?!lib\/contract\/)/,
    because: "the contract runs everywhere: zod and nothing else",
  },
  {
    from: /^lib\/connectors\/[^/]+\//,
    neverReach:
      /^lib\/(db|sync|server|jobs|connections|documents|runs|keys|organizations|audit|vault)\/|^app\/|^components\//,
    neverPackage: /^next|^react|^pg$|^@prisma\/|^undici$|^node:(http|https|net|tls|dns|process|child_process|fs)/,
    because: "a connector is a function of its ctx",
  },
  {
    from: /^lib\/(sync|jobs)\//,
    neverReach: /^lib\/server\/|^app\/|^components\//,
    neverPackage: /^next(\/|-auth|$)|^react/,
    because: "the engine runs under plain Node",
  },
  {
    from: /^lib\/sync\//,
    neverImport: /^lib\/connectors\/[^/]+\//,
    because: "the engine knows no concrete connector",
  },
  {
    from: /^(app|components)\//,
    neverDirectPackage: /^@prisma\/|^pg$/,
    neverImport: /^lib\/db\//,
    because: "reads and writes go through a service that takes a principal",
  },
  { from: /^app\/\(console\)\//, neverImport: /^app\/v3\//, because: "pages call services, not our own HTTP" },
  {
    from: /^(?!lib\/egress\/)/,
    neverDirectPackage: /^undici$|^node:(https|dns|tls)/,
    because: "all traffic leaves through lib/egress",
  },
];

const sources = readSources(path.resolve(import.meta.dirname, ".."));

test("no folder imports what the design forbids", () => {
  expect(sources.length).toBeGreaterThan(20);
  expect(violations(sources, rules)).toEqual([]);
});

test("imports have no cycles", () => {
  expect(cycles(sources)).toEqual([]);
});

test("connectors do not import one another", () => {
  const folder = (file: string) => /^lib\/connectors\/([^/]+)\//.exec(file)?.[1];
  const crossing = sources.flatMap((source) =>
    source.imports
      .filter((name) => folder(source.file) && folder(name) && folder(name) !== folder(source.file))
      .map((name) => `${source.file} → ${name}`),
  );
  expect(crossing).toEqual([]);
});

test("only lib/env.ts reads process.env", () => {
  const readers = sources.filter(
    (s) => s.file.startsWith("lib/") || s.file.startsWith("app/") || s.file.startsWith("components/"),
  );
  expect(readers.filter((s) => /process\.env\b/.test(s.text) && s.file !== "lib/env.ts").map((s) => s.file)).toEqual(
    [],
  );
});

test("server code outside lib/egress does not call the global fetch", () => {
  const server = sources.filter((s) => s.file.startsWith("lib/") && !/^lib\/(egress|client)\//.test(s.file));
  expect(server.filter((s) => /(?<![.\w])fetch\(/.test(s.text)).map((s) => s.file)).toEqual([]);
});

test("the rules catch a forbidden chain and print it", () => {
  const fake = (file: string, imports: string[], packages: string[] = []) => ({ file, imports, packages, text: "" });
  const broken = [
    fake("components/a.tsx", ["lib/client/b.ts"]),
    fake("lib/client/b.ts", ["lib/db/client.ts"]),
    fake("lib/db/client.ts", [], ["pg"]),
  ];
  expect(violations(broken, rules)[0]).toContain("components/a.tsx → lib/client/b.ts → lib/db/client.ts");
  expect(cycles([fake("a.ts", ["b.ts"]), fake("b.ts", ["a.ts"])])).toEqual(["a.ts → b.ts → a.ts"]);
});
