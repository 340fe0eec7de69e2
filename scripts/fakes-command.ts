import { parseArgs } from "node:util";
import { connectors } from "../lib/connectors/index.ts";
import { StartupError } from "../lib/db/startup-error.ts";
import { startFakes, type Fakes } from "./start-fakes.ts";

export interface FakesArguments {
  readonly appUrl: string;
  readonly firstPort: number;
}

/** `--port` (of the first source) and `--app-url`. @throws StartupError */
export function readArguments(args: readonly string[], usualAppUrl: string): FakesArguments {
  const { port, "app-url": appUrl } = parse(args, usualAppUrl);
  const firstPort = Number(port);
  if (!/^\d+$/.test(port) || firstPort > 65_536 - connectors.length)
    throw new StartupError(`--port=${port} is no port that ${connectors.length} sources in a row fit after.`);
  return { appUrl: appUrl.replace(/\/+$/, ""), firstPort };
}

function parse(args: readonly string[], usualAppUrl: string) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        port: { type: "string", default: "9101" },
        "app-url": { type: "string", default: usualAppUrl },
      },
    }).values;
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    throw new StartupError(`${error.message}. There are --port=9201 and --app-url=http://localhost:3000.`);
  }
}

/** Starts them as the command line says. What the person can put right ends the process with one line. */
export async function fakesOfCommand(usualAppUrl: string): Promise<{ fakes: Fakes; appUrl: string }> {
  try {
    const { appUrl, firstPort } = readArguments(process.argv.slice(2), usualAppUrl);
    return { fakes: await startFakes(appUrl, firstPort), appUrl };
  } catch (error) {
    if (!(error instanceof StartupError)) throw error;
    console.error(`\n${error.message}\n`);
    process.exit(1);
  }
}
