import { parseArgs } from "node:util";
import { fillDemo } from "./demo.ts";
import { FakeNotion } from "./server.ts";

/** A Notion for demonstrations and journeys: `node lib/connectors/notion/fake/main.ts --port 9101 --app-url http://localhost:3000`. */
const { values } = parseArgs({
  options: {
    port: { type: "string", default: "0" },
    "app-url": { type: "string", default: "http://localhost:3000" },
    /** more pages, to see a long sync */
    pages: { type: "string", default: "0" },
    latency: { type: "string", default: "0" },
  },
});

const fake = await FakeNotion.start({ port: Number(values.port) });
const appUrl = values["app-url"].replace(/\/+$/, "");
const clientId = "tributary-demo";
const clientSecret = "tributary-demo-secret";
fake.oauth.demonstrate();
fake.oauth.client(
  clientId,
  clientSecret,
  `${appUrl}/v3/connections/auth/callback/notion`,
  `${appUrl}/v3/connections/notion/callback`,
);
fillDemo(fake.workspace, Number(values.pages));
if (Number(values.latency) > 0) {
  fake.fault({ kind: "latency", ms: Number(values.latency), times: Number.POSITIVE_INFINITY });
}
console.log(
  JSON.stringify({
    ...fake.env,
    NOTION_CLIENT_ID: clientId,
    NOTION_CLIENT_SECRET: clientSecret,
    EGRESS_ALLOW: fake.allow.join(","),
  }),
);

for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.on(signal, () => void fake.close().then(() => process.exit(0)));
}
