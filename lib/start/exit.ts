import { StartupError } from "../db/startup-error.ts";
import { EnvError } from "../env.ts";
import { log } from "../log.ts";

/** Runs a process's work and ends the process: what the operator can put right is one sentence, not a stack trace. */
export async function exitWith(work: () => Promise<number>): Promise<never> {
  try {
    process.exit(await work());
  } catch (error) {
    const expected = error instanceof StartupError || error instanceof EnvError;
    if (expected) console.error(`\n${error.message}\n`);
    else log("error", "it ended because of a fault of its own", { error });
    process.exit(1);
  }
}
