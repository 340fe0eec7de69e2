import { spawn, type ChildProcess } from "node:child_process";
import path from "node:path";
import process from "node:process";
import type { ServerResponse } from "node:http";
import { expect, test } from "vitest";
import { prisma } from "#lib/db/client.ts";
import { childEnv } from "#lib/env.ts";
import { closeQueue } from "#lib/jobs/queue.ts";
import { testDatabase } from "#lib/testing/database.ts";
import { serve } from "#lib/testing/loopback.ts";
import { testOrganization } from "#lib/testing/organization.ts";
import { until } from "#lib/testing/wait.ts";
import { addDocument } from "./add.ts";

test("a worker killed while it fetches a page leaves nothing stuck: the next one brings the document to its end", async () => {
  const { url } = await testDatabase();
  const { principal } = await testOrganization();
  const hanging: ServerResponse[] = [];
  let answers = false;
  const site = await serve((_request, response) => {
    if (!answers) {
      hanging.push(response);
      return;
    }
    response.setHeader("content-type", "text/html");
    response.end("<!doctype html><title>Soup</title><main><h1>Soup</h1><p>Cabbage and patience.</p></main>");
  });
  const workers: ChildProcess[] = [];
  const startWorker = (): ChildProcess => {
    const child = spawn(process.execPath, [path.resolve(import.meta.dirname, "../jobs/worker.ts")], {
      env: childEnv({
        NODE_ENV: "test",
        DATABASE_URL: url,
        LOG_LEVEL: "error",
        LEASE_S: "10",
        EGRESS_ALLOW: site.allow,
      }),
      stdio: "ignore",
    });
    workers.push(child);
    return child;
  };
  const status = async (id: string) => (await prisma().document.findUniqueOrThrow({ where: { id } })).status;
  try {
    const first = startWorker();
    const { id } = await addDocument(principal, { content: `${site.origin}/soup` });
    await until(() => hanging.length > 0, { timeoutMs: 30_000, what: "the first worker's request" });
    expect(await status(id)).toBe("extracting");
    first.kill("SIGKILL");
    answers = true;
    startWorker();
    await until(async () => (await status(id)) === "done", { timeoutMs: 45_000, what: "the second worker" });
    const document = await prisma().document.findUniqueOrThrow({
      where: { id },
      include: { content: true, chunks: true },
    });
    expect(document).toMatchObject({
      title: "Soup",
      failure: null,
      content: { text: expect.stringContaining("Cabbage") },
    });
    expect(document.chunks).toHaveLength(1);
  } finally {
    for (const worker of workers) worker.kill("SIGKILL");
    await Promise.all(
      workers.map(async (worker) => {
        if (worker.exitCode === null && worker.signalCode === null)
          await new Promise((resolve) => worker.once("exit", resolve));
      }),
    );
    for (const response of hanging) response.destroy();
    await site.close();
    await closeQueue();
  }
}, 90_000);
