import { spawnSync } from "node:child_process";

/** `npm run check`: types, lint, what nothing uses, format and import rules. Shows everything that is wrong, not just the first. */
const checks: readonly (readonly [name: string, command: string, ...args: string[]])[] = [
  ["types", "tsc", "-p", "tsconfig.all.json", "--noEmit"],
  ["lint", "oxlint", "--deny-warnings"],
  // a missing await has opened tenants to each other elsewhere; these rules need types and take their own pass
  ["promises", "oxlint", "--type-aware", "--config", ".oxlintrc.promises.json", "--deny-warnings"],
  // the packages of bench/peers and the tools started by path are named in knip.json
  ["unused", "knip", "--include", "files,dependencies,unlisted,unresolved", "--no-config-hints"],
  ["format", "prettier", "--check", "--log-level", "warn", "."],
  ["import rules", "vitest", "run", "lib/import-rules.test.ts", "--reporter", "dot"],
];

// types and imports need the database client, which is generated and not kept
spawnSync(process.execPath, ["scripts/prisma.ts", "generate"], { stdio: ["ignore", "ignore", "inherit"] });

const failed: string[] = [];
for (const [name, command, ...args] of checks) {
  const { status } = spawnSync(`node_modules/.bin/${command}`, args, { stdio: "inherit" });
  if (status !== 0) failed.push(name);
}
console.log(failed.length === 0 ? "check passed" : `check failed: ${failed.join(", ")}`);
process.exitCode = failed.length === 0 ? 0 : 1;
