import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import path from "node:path";
import process from "node:process";
import { childEnv, env } from "#lib/env.ts";
import { serve } from "#lib/testing/loopback.ts";
import type { PacedOrder, PacedReport } from "./paced-worker.ts";

export interface CrowdReport {
  /** requests as the provider saw them */
  readonly requests: number;
  /** from the first to the last */
  readonly perSecond: number;
  /** the most of any one second */
  readonly busiestSecond: number;
  /** one round of everybody: what a connection waits if all get the same, ms */
  readonly fairMs: number;
  readonly longestMs: number;
}

/** So many processes with so many connections each, all of one account. */
export async function pacedCrowd(
  processes: number,
  order: Omit<PacedOrder, "url" | "allow" | "subject">,
): Promise<CrowdReport> {
  const arrivals: number[] = [];
  const server = await serve((_request, response) => {
    arrivals.push(performance.now());
    response.end("{}");
  });
  const children: ChildProcess[] = [];
  try {
    for (let i = 0; i < processes; i++) {
      children.push(
        spawn(process.execPath, [path.join(import.meta.dirname, "paced-worker.ts")], {
          env: childEnv({ NODE_ENV: "test", DATABASE_URL: env().DATABASE_URL }),
          stdio: ["ignore", "inherit", "inherit", "ipc"],
        }),
      );
    }
    await Promise.all(children.map((child) => once(child, "message")));
    const subject = `stub:${Math.random()}`;
    const reports = await Promise.all(
      children.map(async (child) => {
        const report = once(child, "message");
        child.send({ ...order, url: server.origin, allow: server.allow, subject } satisfies PacedOrder);
        return ((await report) as [PacedReport])[0];
      }),
    );
    const seconds = ((arrivals.at(-1) ?? 0) - (arrivals[0] ?? 0)) / 1_000;
    return {
      requests: arrivals.length,
      perSecond: (arrivals.length - 1) / seconds,
      busiestSecond: Math.max(
        ...arrivals.map((from) => arrivals.filter((at) => at >= from && at < from + 1_000).length),
      ),
      fairMs: ((processes * order.connections) / order.perSecond) * 1_000,
      longestMs: Math.max(...reports.flat()),
    };
  } finally {
    for (const child of children) child.kill("SIGKILL");
    await server.close();
  }
}
