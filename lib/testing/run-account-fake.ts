import process from "node:process";
import { parseArgs, type ParseArgsConfig } from "node:util";
import type { FakeOAuth } from "./fake-oauth.ts";
import type { FakeSource } from "./fake-source.ts";

/** A provider's fake as a program: where people consent, with an OAuth app already registered. */

type AccountFake = FakeSource & { readonly oauth: FakeOAuth };
type Options = NonNullable<ParseArgsConfig["options"]>;

export interface AccountFakeProgram {
  /** the connector's id */
  readonly provider: string;
  /** the operator's variables: `NOTION` has NOTION_CLIENT_ID */
  readonly variables: string;
  /** options of its own beside --port, --app-url and --latency */
  readonly options: Options;
  /** starts it and fills it with something to look at */
  start(port: number, values: Readonly<Record<string, unknown>>): Promise<AccountFake>;
}

const clientId = "tributary-demo";
const clientSecret = "tributary-demo-secret";

/** Runs until SIGINT or SIGTERM. Its one line of output is JSON: the variables to start Tributary with. */
export async function runAccountFake(program: AccountFakeProgram): Promise<void> {
  const { provider, variables } = program;
  const options = {
    ...program.options,
    port: { type: "string", default: "0" },
    "app-url": { type: "string", default: "http://localhost:3000" },
    latency: { type: "string", default: "0" },
  } as const;
  const values: Readonly<Record<string, unknown>> = parseArgs({ options }).values;
  const fake = await program.start(Number(values["port"]), values);
  const appUrl = String(values["app-url"]).replace(/\/+$/, "");
  fake.oauth.demonstrate();
  fake.oauth.client(
    clientId,
    clientSecret,
    `${appUrl}/v3/connections/auth/callback/${provider}`,
    `${appUrl}/v3/connections/${provider}/callback`,
  );
  const ms = Number(values["latency"]);
  if (ms > 0) fake.fault({ kind: "latency", ms, times: Number.POSITIVE_INFINITY });
  console.log(
    JSON.stringify({
      ...fake.env,
      [`${variables}_CLIENT_ID`]: clientId,
      [`${variables}_CLIENT_SECRET`]: clientSecret,
      EGRESS_ALLOW: fake.allow.join(","),
    }),
  );
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.on(signal, () => void fake.close().then(() => process.exit(0)));
  }
}
