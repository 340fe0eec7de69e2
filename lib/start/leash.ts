import { isMainThread } from "node:worker_threads";

/**
 * Loaded first into every process the supervisor starts. When the supervisor goes away, however, the channel to it
 * closes; then this process ends as if it had been asked to, and the hard way if it does not get it done.
 */
const patienceMs = 12_000;

if (isMainThread && process.channel) {
  process.once("disconnect", () => {
    setTimeout(() => process.exit(1), patienceMs).unref();
    process.kill(process.pid, "SIGTERM");
  });
  // Listening keeps the event loop busy; a process that has nothing else to do may end.
  process.channel.unref();
}
