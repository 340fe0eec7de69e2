import { connectorSuite } from "../suite.ts";
import { defineConnector } from "../types.ts";
import { createWebCrawler } from "./connector.ts";
import { FakeWebsite } from "./fake/website.ts";
import { quickTuning } from "./testing/harness.ts";

/** Silence ends soon, but not so soon that a busy machine is taken for a silent site. */
const page = { headersTimeoutMs: 3_000, idleTimeoutMs: 3_000, totalTimeoutMs: 8_000, retries: 1 };
const connector = createWebCrawler({ ...quickTuning, page, robotsTimeoutMs: 3_000 });

connectorSuite("web-crawler", defineConnector(connector), () => FakeWebsite.start(), {
  rereads: "there is no listing that tells what changed: each page costs a conditional request, answered by 304",
  without: { unauthorized: "a public website has no credentials; 401 is a page that needs a login" },
});
