import { StartupError } from "../db/startup-error.ts";
import { EnvError } from "../env.ts";

/** Runs a process's work and ends the process: what the operator can put right is one sentence, not a stack trace. */
export async function exitWith(work: () => Promise<number>): Promise<never> {
  try {
    process.exit(await work());
  } catch (error) {
    const expected = error instanceof StartupError || error instanceof EnvError;
    console.error(expected ? `\n${error.message}\n` : error);
    process.exit(1);
  }
}
