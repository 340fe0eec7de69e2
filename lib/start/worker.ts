import { spawn } from "node:child_process";
import { findEmbedded } from "../db/embedded.ts";
import { StartupError } from "../db/startup-error.ts";
import { childEnv, env } from "../env.ts";
import { leash } from "./child.ts";
import { exitWith } from "./exit.ts";
import { projectFolder } from "./project.ts";
import { loadSecrets } from "./secrets.ts";
import { listenForStop } from "./stop-request.ts";

/**
 * `npm run worker`: one more worker process, on DATABASE_URL or on the database that a running `npm start` keeps on
 * the same data folder. It never starts a database itself.
 */
async function runWorker(command: readonly string[]): Promise<number> {
  const config = env();
  const url = config.DATABASE_URL ?? (await findEmbedded(config.DATA_DIR));
  if (!url) {
    throw new StartupError(
      `No Tributary runs on the data folder ${config.DATA_DIR}: run \`npm start\` there first, or set DATABASE_URL.`,
    );
  }
  const { sealingKeys, nextauthSecret } = await loadSecrets(config);
  const stop = listenForStop();
  const child = spawn(process.execPath, ["--import", leash, ...command], {
    cwd: projectFolder,
    env: childEnv({
      NODE_ENV: "production",
      DATABASE_URL: url,
      DATA_DIR: config.DATA_DIR,
      SEALING_KEYS: sealingKeys,
      NEXTAUTH_SECRET: nextauthSecret,
      BOOTSTRAP_API_KEYS: undefined,
      BOOTSTRAP_OWNER: undefined,
    }),
    stdio: ["ignore", "inherit", "inherit", "ipc"],
    detached: true,
  });
  stop.signal.addEventListener("abort", () => child.kill("SIGTERM"), { once: true });
  stop.onHurry(() => child.kill("SIGKILL"));
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", (code) => resolve(stop.signal.aborted ? 0 : (code ?? 1)));
  });
}

process.chdir(projectFolder);
const command = process.argv.slice(2);
await exitWith(() => runWorker(command.length > 0 ? command : ["lib/jobs/worker.ts"]));
