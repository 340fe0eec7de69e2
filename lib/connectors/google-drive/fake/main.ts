import { parseArgs } from "node:util";
import { fillDemo } from "./demo.ts";
import { FakeGoogleDrive } from "./server.ts";

/** A Drive for demonstrations and journeys: `node lib/connectors/google-drive/fake/main.ts --port 9101 --app-url http://localhost:3000`. */
const { values } = parseArgs({
  options: {
    port: { type: "string", default: "0" },
    "app-url": { type: "string", default: "http://localhost:3000" },
    /** more files, to see a long sync */
    files: { type: "string", default: "0" },
    latency: { type: "string", default: "0" },
  },
});

const fake = await FakeGoogleDrive.start({ port: Number(values.port) });
const appUrl = values["app-url"].replace(/\/+$/, "");
const clientId = "tributary-demo";
const clientSecret = "tributary-demo-secret";
fake.oauth.demonstrate();
fake.oauth.client(
  clientId,
  clientSecret,
  `${appUrl}/v3/connections/auth/callback/google-drive`,
  `${appUrl}/v3/connections/google-drive/callback`,
);
fillDemo(fake.store, Number(values.files));
if (Number(values.latency) > 0) {
  fake.fault({ kind: "latency", ms: Number(values.latency), times: Number.POSITIVE_INFINITY });
}
console.log(
  JSON.stringify({
    ...fake.env,
    GOOGLE_CLIENT_ID: clientId,
    GOOGLE_CLIENT_SECRET: clientSecret,
    EGRESS_ALLOW: fake.allow.join(","),
  }),
);

for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.on(signal, () => void fake.close().then(() => process.exit(0)));
}
