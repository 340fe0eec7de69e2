import { env } from "../../env.ts";
import { closeDatabase, pool } from "../../db/client.ts";
import { createFront, stopFront } from "../../server/front.ts";
import { tellSupervisor } from "../child.ts";

/** Answers every request with its process id and what the database says. */
const { HOST, PORT, APP_URL } = env();
const front = createFront(
  async (_request, response) => {
    const { rows } = await pool().query("select (select count(*)::int from organizations) as organizations");
    response.end(JSON.stringify({ pid: process.pid, ...rows[0] }));
  },
  { appUrl: APP_URL, trustedProxies: 0, dev: false },
);
front.listen(PORT, HOST, () => void tellSupervisor({ type: "ready" }));
process.on("SIGTERM", () => {
  void stopFront(front, 1_000)
    .then(closeDatabase)
    .finally(() => process.exit(0));
});
