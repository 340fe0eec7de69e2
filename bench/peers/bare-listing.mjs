// The least a program can do: walk a bucket's listing page by page and count keys. No signature, no parse, no compare.
// node bare-listing.mjs <bucket url> <prefix>
import http from "node:http";

const [bucket = "", prefix = ""] = process.argv.slice(2);
const agent = new http.Agent({ keepAlive: true });
const get = (query) =>
  new Promise((resolve, reject) => {
    http
      .get(`${bucket}?${query}`, { agent }, (reply) => {
        const chunks = [];
        reply.on("data", (chunk) => chunks.push(chunk));
        reply.on("end", () => resolve(Buffer.concat(chunks).toString()));
      })
      .on("error", reject);
  });
const started = performance.now();
let keys = 0;
let token = "";
do {
  const continuation = token ? `continuation-token=${encodeURIComponent(token)}&` : "";
  const xml = await get(`${continuation}list-type=2&prefix=${encodeURIComponent(prefix)}`);
  keys += xml.split("<Key>").length - 1;
  token = /<NextContinuationToken>([^<]*)</.exec(xml)?.[1] ?? "";
} while (token);
console.log(
  JSON.stringify({
    keys,
    seconds: (performance.now() - started) / 1000,
    peakMiB: process.resourceUsage().maxRSS / 1024,
  }),
);
process.exit(0);
