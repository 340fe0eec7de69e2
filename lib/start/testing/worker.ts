import { closeDatabase, pool } from "../../db/client.ts";

/** Reports itself once and then only waits for its end, which may come as soon as it has reported. */
const id = `stand-in-${process.pid}`;
const idle = setInterval(() => {}, 60_000);
process.on("SIGTERM", () => {
  clearInterval(idle);
  void pool()
    .query("delete from worker_heartbeats where id = $1", [id])
    .then(closeDatabase)
    .finally(() => process.exit(0));
});
await pool().query("insert into worker_heartbeats (id, hostname, pid) values ($1, 'test', $2)", [id, process.pid]);
