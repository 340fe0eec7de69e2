import { runAccountFake } from "#lib/testing/run-account-fake.ts";
import { fillDemo } from "./demo.ts";
import { FakeOneDrive } from "./server.ts";

/** A OneDrive for demonstrations and journeys: `node lib/connectors/onedrive/fake/main.ts --port 9102 --app-url http://localhost:3000`. */
await runAccountFake({
  provider: "onedrive",
  variables: "MICROSOFT",
  /** files: more of them, to see a long sync */
  options: { files: { type: "string", default: "0" }, business: { type: "boolean", default: false } },
  start: async (port, { files, business }) => {
    const fake = await FakeOneDrive.start({ port, business: business === true });
    for (const { id } of fake.oauth.accounts) fillDemo(fake.drive(id), Number(files));
    return fake;
  },
});
