import process from "node:process";
import { log } from "#lib/log.ts";
import { runWorker } from "./run-worker.ts";

/** The worker process: `node lib/jobs/worker.ts`, started by `npm start` and `npm run worker`. */
try {
  await runWorker();
  process.exit(0);
} catch (error) {
  log("error", "the worker cannot run", { error: error instanceof Error ? error.message : String(error) });
  process.exit(1);
}
