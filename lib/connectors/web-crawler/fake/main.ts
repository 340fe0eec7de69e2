import { parseArgs } from "node:util";
import { calendar, growingPaths, growingQueries, gzipBomb, manyLinks, sessions } from "./traps.ts";
import { FakeWebsite } from "./website.ts";

/** A website for demonstrations: `node lib/connectors/web-crawler/fake/main.ts --port 9100 --pages 200 --traps`. */
const { values } = parseArgs({
  options: {
    port: { type: "string", default: "0" },
    pages: { type: "string", default: "200" },
    latency: { type: "string", default: "0" },
    traps: { type: "boolean", default: false },
  },
});

const site = await FakeWebsite.start({ port: Number(values.port) });
const pages = Number(values.pages);
const path = (n: number): string => `/guide/chapter-${n}`;
for (let n = 1; n <= pages; n++) {
  const links = [2 * n, 2 * n + 1].filter((next) => next <= pages).map(path);
  site.page(path(n), {
    title: `Chapter ${n}`,
    text: `This is chapter ${n} of the guide.\n\nIt explains step ${n} in detail, with an example of its own.`,
    links: ["/", ...links],
  });
}
const traps = ["/calendar?month=2026-01", "/shop", "/deep/", "/list?a=1", "/everything", "/bomb"];
site.page("/", {
  title: "Handbook",
  text: "The handbook of a small company.",
  links: [path(1), ...(values.traps ? traps : [])],
});
if (values.traps) {
  manyLinks(gzipBomb(growingQueries(growingPaths(sessions(calendar(site)))), "/bomb", 200), "/everything", 100_000);
}
if (Number(values.latency) > 0)
  site.fault({ kind: "latency", ms: Number(values.latency), times: Number.POSITIVE_INFINITY });
console.log(JSON.stringify({ ...site.metadata, allow: site.allow.join(",") }));

for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.on(signal, () => void site.close().then(() => process.exit(0)));
}
