import { parseArgs } from "node:util";
import { Client } from "pg";
import { findEmbedded } from "../lib/db/embedded.ts";
import { StartupError } from "../lib/db/startup-error.ts";
import { env } from "../lib/env.ts";
import { scenarios, seed } from "../lib/organizations/seed.ts";
import { exitWith } from "../lib/start/exit.ts";

/** npm run seed -- [--scenario=tenants|large] --api-key=sm_… (or SEED_API_KEY), while `npm start` runs or with DATABASE_URL. */
await exitWith(async () => {
  const { values } = parseArgs({ options: { scenario: { type: "string" }, "api-key": { type: "string" } } });
  const config = env();
  const scenario = scenarios.find((name) => name === (values.scenario ?? "tenants"));
  if (!scenario) throw new StartupError(`There is no scenario “${values.scenario}”: ${scenarios.join(", ")}.`);
  const url = config.DATABASE_URL ?? (await findEmbedded(config.DATA_DIR));
  if (!url)
    throw new StartupError("No Tributary runs on this data folder: run `npm start` first, or set DATABASE_URL.");
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    await seed(client, scenario, values["api-key"] ?? config.SEED_API_KEY ?? "");
  } finally {
    await client.end();
  }
  console.log(
    `seeded: ${scenario}; organizations acme (the key given) and globex (the same key with -globex behind it)`,
  );
  return 0;
});
