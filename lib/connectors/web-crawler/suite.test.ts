import { connectorSuite } from "../suite.ts";
import { defineConnector } from "../types.ts";
import { createWebCrawler } from "./connector.ts";
import { FakeWebsite } from "./fake/website.ts";
import { quickTuning } from "./testing/harness.ts";

connectorSuite("web-crawler", defineConnector(createWebCrawler(quickTuning)), () => FakeWebsite.start(), {
  rereads: "there is no listing that tells what changed: each page costs a conditional request, answered by 304",
  without: { unauthorized: "a public website has no credentials; 401 is a page that needs a login" },
});
