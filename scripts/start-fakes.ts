import { spawn, type ChildProcess } from "node:child_process";
import { createInterface } from "node:readline";
import { connectors } from "../lib/connectors/index.ts";
import { StartupError } from "../lib/db/startup-error.ts";
import { refuseTakenPort } from "../lib/start/port.ts";

/** What to do about ports, for people. */
const howToMove = `End what uses it, or move all ${connectors.length} sources: add \`-- --port=9201\` to the command.`;

/** Sources for trying out: a fake of every provider there is a connector for, each a server of its own on this machine. */

export interface Fakes {
  /** what Tributary has to be started with to use them, EGRESS_ALLOW included */
  readonly variables: Readonly<Record<string, string>>;
  readonly sources: readonly Source[];
  close(): void;
}

/** What a person enters to connect it, or, where they sign in instead, the page on which they withdraw their access. */
type Source = { readonly name: string } & (
  { readonly settings: Readonly<Record<string, string>> } | { readonly accountsPage: string }
);

/**
 * `appUrl` is where people open Tributary: the fakes send them back there and nowhere else. They listen on ports from
 * `firstPort` on; 0 = on any that are free. @throws StartupError when one of them is taken
 */
export async function startFakes(appUrl: string, firstPort: number): Promise<Fakes> {
  // each fake would fail by itself, with a stack trace
  if (firstPort > 0) for (const index of connectors.keys()) await requireFree(firstPort + index);
  const children: ChildProcess[] = [];
  const close = () => children.forEach((child) => child.kill("SIGTERM"));
  try {
    const started = await Promise.all(
      connectors.map(async ({ id, name, auth }, index) => {
        const oauth = auth.kind === "oauth";
        const child = spawn(
          process.execPath,
          [
            `lib/connectors/${id}/fake/main.ts`,
            "--port",
            String(firstPort && firstPort + index),
            ...(oauth ? ["--app-url", appUrl] : []),
          ],
          { stdio: ["ignore", "pipe", "inherit"] },
        );
        children.push(child);
        return { name, auth, said: await firstLine(child, name) };
      }),
    );
    const allow = started.flatMap(({ said }) => said["EGRESS_ALLOW"] ?? said["allow"] ?? []);
    const variables = Object.assign({}, ...started.map(({ auth, said }) => (auth.kind === "oauth" ? said : {})));
    return {
      variables: { ...variables, EGRESS_ALLOW: allow.join(",") },
      sources: started.map(({ name, auth, said }) =>
        auth.kind === "oauth"
          ? { name, accountsPage: new URL("/", said[auth.api.variable]).href }
          : { name, settings: settingsOf(said) },
      ),
      close,
    };
  } catch (error) {
    close();
    throw error;
  }
}

async function requireFree(port: number): Promise<void> {
  await refuseTakenPort("127.0.0.1", port).catch(() => {
    throw new StartupError(
      `Port ${port}, which one of the sources needs, is already in use or not allowed. ${howToMove}`,
    );
  });
}

function settingsOf(said: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(said).filter(([name]) => name !== "allow"));
}

/** A fake says in one line of JSON what it is to be used with. */
async function firstLine(child: ChildProcess, name: string): Promise<Readonly<Record<string, string>>> {
  if (!child.stdout) throw new Error("its output is read");
  for await (const line of createInterface({ input: child.stdout })) {
    return JSON.parse(line) as Record<string, string>;
  }
  throw new Error(`the fake of ${name} did not start: what it said is above`);
}

/** For people: what there is to connect, and how. */
export function describeFakes({ sources }: Fakes): string {
  const lines = sources.map((source) => {
    const how =
      "settings" in source
        ? Object.entries(source.settings)
            .map(([key, value]) => `${key} ${value}`)
            .join(", ")
        : `sign in as Ada Lovelace or Grace Hopper; withdraw their access at ${source.accountsPage}`;
    return `  ${source.name}: ${how}`;
  });
  return `Sources to connect, all on this machine:\n\n${lines.join("\n")}\n`;
}
