import { createServer } from "node:http";
import next from "next";
import { closeDatabase } from "../db/client.ts";
import { env } from "../env.ts";
import { log } from "../log.ts";
import { createFront, stopFront } from "../server/front.ts";
import { tellSupervisor } from "./child.ts";
import { logConsole } from "./console-log.ts";
import { portProblem } from "./port.ts";
import { projectFolder } from "./project.ts";

/** The web process: Next behind our own front, in one process. Started by the supervisor. */
const inFlightGraceMs = 5_000;

const { HOST, PORT, APP_URL, TRUST_PROXY, NODE_ENV } = env();
const dev = NODE_ENV === "development";
if (!dev) logConsole();

const handler = Promise.withResolvers<ReturnType<ReturnType<typeof next>["getRequestHandler"]>>();
const front = createFront(async (request, response) => (await handler.promise)(request, response), {
  appUrl: APP_URL,
  trustedProxies: TRUST_PROXY,
  dev,
});

try {
  await new Promise<void>((resolve, reject) => {
    front.once("error", reject);
    front.listen(PORT, HOST, () => resolve());
  });
} catch (error) {
  await tellSupervisor({ type: "fatal", message: portProblem(error as NodeJS.ErrnoException, HOST, PORT).message });
  process.exit(1);
}

let stopping = false;
for (const signal of ["SIGTERM", "SIGINT"] as const) {
  process.on(signal, () => {
    if (stopping) return;
    stopping = true;
    void stopFront(front, inFlightGraceMs)
      .then(closeDatabase)
      .finally(() => process.exit(0));
  });
}

// Next listens for upgrades on the server it is given; in production it gets one that never hears any.
const app = next({
  dev,
  dir: projectFolder,
  hostname: HOST,
  port: PORT,
  httpServer: dev ? front : createServer(),
});
await app.prepare();
handler.resolve(app.getRequestHandler());
log("debug", "web ready", { process: process.pid });
await tellSupervisor({ type: "ready" });
