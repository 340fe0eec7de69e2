// Crawlee's CheerioCrawler at its fastest honest settings (memory storage, no sessions, a high floor of concurrency),
// with the extraction goal of ours: readable Markdown of every page, by linkedom + readability + turndown.
// node crawlee.mjs <start url> <concurrency> <markdown|fetch>
import { Readability } from "@mozilla/readability";
import { CheerioCrawler, Configuration, LogLevel, log } from "crawlee";
import { parseHTML } from "linkedom";
import TurndownService from "turndown";

const [url = "", concurrency = "16", mode = "markdown"] = process.argv.slice(2);
log.setLevel(LogLevel.ERROR);
const turndown = new TurndownService({ headingStyle: "atx", codeBlockStyle: "fenced" });
const started = performance.now();
let pages = 0;
let characters = 0;
const crawler = new CheerioCrawler(
  {
    minConcurrency: Number(concurrency),
    maxConcurrency: Number(concurrency),
    autoscaledPoolOptions: { desiredConcurrency: Number(concurrency), maybeRunIntervalSecs: 0.05 },
    useSessionPool: false,
    persistCookiesPerSession: false,
    maxRequestRetries: 0,
    statisticsOptions: { saveErrorSnapshots: false },
    async requestHandler({ body, enqueueLinks }) {
      pages++;
      if (mode === "markdown") {
        const article = new Readability(parseHTML(body.toString()).document).parse();
        characters += turndown.turndown(article?.content ?? "").length;
      }
      await enqueueLinks({
        strategy: "same-hostname",
        exclude: ["**/*.{txt,css,js,png,svg,zip,bz2,epub,pdf}"],
        waitForAllRequestsToBeAdded: false,
      });
    },
    failedRequestHandler() {},
  },
  new Configuration({
    persistStorage: false,
    purgeOnStart: false,
    availableMemoryRatio: 0.8,
    maxUsedCpuRatio: 1,
    systemInfoIntervalMillis: 60_000,
  }),
);
await crawler.run([url]);
console.log(
  JSON.stringify({
    pages,
    characters,
    seconds: (performance.now() - started) / 1000,
    peakMiB: process.resourceUsage().maxRSS / 1024,
  }),
);
process.exit(0);
