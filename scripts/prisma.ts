import { spawnSync } from "node:child_process";
import { chmodSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { throwAwayUrl } from "./throw-away-url.ts";

/**
 * `npm run prisma -- …`: the official Prisma command line. Its schema engine is a binary that it downloads on first
 * use; schema-engine.ts answers in its place, so that every command works without that download. Set PRISMA_NATIVE=1
 * to use Prisma's own.
 */
const require = createRequire(import.meta.url);
const standIn = fileURLToPath(new URL("schema-engine.ts", import.meta.url));
const variables: Record<string, string | undefined> = {
  CHECKPOINT_DISABLE: "1",
  PRISMA_HIDE_UPDATE_MESSAGE: "1",
  ...process.env,
  // The stand-in is started by its first line, which has to find this very Node.
  PATH: `${path.dirname(process.execPath)}${path.delimiter}${process.env["PATH"] ?? ""}`,
};
// Making a migration needs no database of yours: the stand-in replays the history on a throw-away one.
if (!variables["PRISMA_NATIVE"] && !variables["DATABASE_URL"]) variables["DATABASE_URL"] = throwAwayUrl;
if (!variables["PRISMA_NATIVE"] && !variables["PRISMA_SCHEMA_ENGINE_BINARY"]) {
  if ((statSync(standIn).mode & 0o111) === 0) chmodSync(standIn, 0o755);
  variables["PRISMA_SCHEMA_ENGINE_BINARY"] = standIn;
}
const { status } = spawnSync(process.execPath, [require.resolve("prisma/build/index.js"), ...process.argv.slice(2)], {
  stdio: "inherit",
  env: variables as NodeJS.ProcessEnv,
});
process.exitCode = status ?? 1;
