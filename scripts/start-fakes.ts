import { spawn, type ChildProcess } from "node:child_process";
import { createInterface } from "node:readline";
import { connectors } from "../lib/connectors/index.ts";

/** Sources for trying out: a fake of every provider there is a connector for, each a server of its own on this machine. */

export interface Fakes {
  /** what Tributary has to be started with to use them, EGRESS_ALLOW included */
  readonly variables: Readonly<Record<string, string>>;
  /** per provider: what a person enters to connect it; null where they sign in instead */
  readonly sources: readonly { readonly name: string; readonly settings: Readonly<Record<string, string>> | null }[];
  close(): void;
}

const usualPort = 9101;

/**
 * `appUrl` is where people open Tributary: the fakes send them back there and nowhere else. They listen on ports from
 * `firstPort` on; 0 = on any that are free. @throws Error
 */
export async function startFakes(appUrl: string, firstPort = usualPort): Promise<Fakes> {
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
        return { name, oauth, said: await firstLine(child, name) };
      }),
    );
    const allow = started.flatMap(({ said }) => said["EGRESS_ALLOW"] ?? said["allow"] ?? []);
    const variables = Object.assign({}, ...started.map(({ oauth, said }) => (oauth ? said : {})));
    return {
      variables: { ...variables, EGRESS_ALLOW: allow.join(",") },
      sources: started.map(({ name, oauth, said }) => ({ name, settings: oauth ? null : settingsOf(said) })),
      close,
    };
  } catch (error) {
    close();
    throw error;
  }
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
  throw new Error(`the fake of ${name} did not start: is its port taken?`);
}

/** For people: what there is to connect, and how. */
export function describeFakes({ sources }: Fakes): string {
  const lines = sources.map(({ name, settings }) => {
    const how = settings
      ? Object.entries(settings)
          .map(([key, value]) => `${key} ${value}`)
          .join(", ")
      : "sign in as Ada Lovelace or Grace Hopper";
    return `  ${name}: ${how}`;
  });
  return `Sources to connect, all on this machine:\n\n${lines.join("\n")}\n`;
}
