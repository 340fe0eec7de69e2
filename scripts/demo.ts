import { spawn } from "node:child_process";
import { tmpdir } from "node:os";
import path from "node:path";
import { fakesOfCommand } from "./fakes-command.ts";
import { describeFakes } from "./start-fakes.ts";

/** `npm run demo`: Tributary with sources of its own, in a data folder that may be thrown away. Ctrl-C ends it all. */
const dataDir = process.env["DATA_DIR"] ?? path.join(tmpdir(), "tributary-demo");
const usualAppUrl = process.env["APP_URL"] ?? `http://localhost:${process.env["PORT"] ?? "3000"}`;
const { fakes, appUrl } = await fakesOfCommand(usualAppUrl);
console.log(`${describeFakes(fakes)}\nDocuments and accounts of this demo are kept in ${dataDir}.\n`);
const product = spawn(process.execPath, ["scripts/run.mjs", "lib/start/main.ts"], {
  stdio: "inherit",
  env: { ...process.env, ...fakes.variables, APP_URL: appUrl, DATA_DIR: dataDir, WEBHOOKS: "off" },
});
product.once("exit", (code) => {
  fakes.close();
  process.exitCode = code ?? 1;
});
// a terminal tells both by itself; whoever ends only this process ends the product as well
for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => product.kill(signal));
