import { runAccountFake } from "#lib/testing/run-account-fake.ts";
import { fillDemo } from "./demo.ts";
import { FakeGoogleDrive } from "./server.ts";

/** A Drive for demonstrations and journeys: `node lib/connectors/google-drive/fake/main.ts --port 9101 --app-url http://localhost:3000`. */
await runAccountFake({
  provider: "google-drive",
  variables: "GOOGLE",
  /** more files, to see a long sync */
  options: { files: { type: "string", default: "0" } },
  start: async (port, { files }) => {
    const fake = await FakeGoogleDrive.start({ port });
    fillDemo(fake.store, Number(files));
    return fake;
  },
});
