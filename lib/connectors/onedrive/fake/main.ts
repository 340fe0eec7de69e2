import { parseArgs } from "node:util";
import { fillDemo } from "./demo.ts";
import { FakeOneDrive } from "./server.ts";

/** A OneDrive for demonstrations and journeys: `node lib/connectors/onedrive/fake/main.ts --port 9102 --app-url http://localhost:3000`. */
const { values } = parseArgs({
  options: {
    port: { type: "string", default: "0" },
    "app-url": { type: "string", default: "http://localhost:3000" },
    /** more files, to see a long sync */
    files: { type: "string", default: "0" },
    latency: { type: "string", default: "0" },
    business: { type: "boolean", default: false },
  },
});

const fake = await FakeOneDrive.start({ port: Number(values.port), business: values.business });
const appUrl = values["app-url"].replace(/\/+$/, "");
const clientId = "tributary-demo";
const clientSecret = "tributary-demo-secret";
fake.oauth.demonstrate();
fake.oauth.client(
  clientId,
  clientSecret,
  `${appUrl}/v3/connections/auth/callback/onedrive`,
  `${appUrl}/v3/connections/onedrive/callback`,
);
for (const { id } of fake.oauth.accounts) fillDemo(fake.drive(id), Number(values.files));
if (Number(values.latency) > 0) {
  fake.fault({ kind: "latency", ms: Number(values.latency), times: Number.POSITIVE_INFINITY });
}
console.log(
  JSON.stringify({
    ...fake.env,
    MICROSOFT_CLIENT_ID: clientId,
    MICROSOFT_CLIENT_SECRET: clientSecret,
    EGRESS_ALLOW: fake.allow.join(","),
  }),
);

for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.on(signal, () => void fake.close().then(() => process.exit(0)));
}
