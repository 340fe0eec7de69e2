import { runAccountFake } from "#lib/testing/run-account-fake.ts";
import { fillDemo } from "./demo.ts";
import { FakeNotion } from "./server.ts";

/** A Notion for demonstrations and journeys: `node lib/connectors/notion/fake/main.ts --port 9101 --app-url http://localhost:3000`. */
await runAccountFake({
  provider: "notion",
  variables: "NOTION",
  /** more pages, to see a long sync */
  options: { pages: { type: "string", default: "0" } },
  start: async (port, { pages }) => {
    const fake = await FakeNotion.start({ port });
    fillDemo(fake.workspace, Number(pages));
    return fake;
  },
});
