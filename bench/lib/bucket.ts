import { existsSync, mkdirSync, readFileSync, readdirSync, utimesSync, writeFileSync } from "node:fs";
import http from "node:http";
import type { AddressInfo } from "node:net";
import path from "node:path";

/**
 * An S3-shaped store for measuring: nginx sends the objects, this small server the listings. It checks no signatures, so
 * that clients are measured and not the server; correctness against strict servers is the tests' business.
 */

const mtimeSeconds = 1_767_323_045;

type Row = readonly [key: string, bytes: number, etag: string];

/** 10,000 objects of 4 KiB of real text under `small/`, in 100 folders. Made once, then found again. */
export function makeObjects(root: string, textFolder: string, count = 10_000): readonly Row[] {
  const indexFile = path.join(root, "index.json");
  if (existsSync(indexFile)) return JSON.parse(readFileSync(indexFile, "utf8"));
  const text = Buffer.from(
    readdirSync(textFolder)
      .filter((name) => name.endsWith(".html"))
      .sort()
      .slice(0, 400)
      .map((name) =>
        readFileSync(path.join(textFolder, name), "utf8")
          .replace(/<[^>]+>/g, " ")
          .replace(/\s+/g, " "),
      )
      .join("\n")
      .replace(/[^\x20-\x7e\n]/g, " "),
  );
  const rows: Row[] = [];
  for (let i = 0; i < count; i++) {
    const key = `small/${String(i % 100).padStart(2, "0")}/doc-${String(i).padStart(5, "0")}.txt`;
    const from = (i * 4099) % (text.length - 4096);
    const body = Buffer.concat([Buffer.from(`object ${i}\n`), text.subarray(from, from + 4096)]).subarray(0, 4096);
    const file = path.join(root, "bench", key);
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, body);
    utimesSync(file, mtimeSeconds, mtimeSeconds);
    // the ETag nginx will send with the object, so that If-Match holds
    rows.push([key, body.length, `${mtimeSeconds.toString(16)}-${body.length.toString(16)}`]);
  }
  rows.sort((a, b) => (a[0] < b[0] ? -1 : 1));
  writeFileSync(indexFile, JSON.stringify(rows));
  return rows;
}

const escapeXml = (text: string): string => text.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;");

/** Answers ListObjects(V2) with prefix, delimiter, max-keys, start-after and tokens. `latency()` ms before each listing. */
export async function startListings(
  rows: readonly Row[],
  latency: () => number,
): Promise<{ port: number; close(): void }> {
  const keys = rows.map((row) => row[0]);
  const cache = new Map<string, Buffer>();
  const firstFrom = (key: string): number => {
    let low = 0;
    let high = keys.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((keys[middle] ?? "") < key) low = middle + 1;
      else high = middle;
    }
    return low;
  };
  const list = (query: URLSearchParams): Buffer => {
    const id = query.toString();
    const hit = cache.get(id);
    if (hit) return hit;
    const v2 = query.get("list-type") === "2";
    const prefix = query.get("prefix") ?? "";
    const delimiter = query.get("delimiter") ?? "";
    const max = Math.min(1000, Number(query.get("max-keys") ?? 1000));
    const after = (v2 ? (query.get("continuation-token") ?? query.get("start-after")) : query.get("marker")) ?? "";
    const contents: Row[] = [];
    const folders: string[] = [];
    let last = "";
    let more = false;
    for (let i = firstFrom(after > prefix ? after : prefix); i < rows.length; i++) {
      const row = rows[i];
      if (!row || !row[0].startsWith(prefix)) break;
      if (row[0] <= after && after !== "") continue;
      const cut = delimiter ? row[0].indexOf(delimiter, prefix.length) : -1;
      const folder = cut < 0 ? undefined : row[0].slice(0, cut + 1);
      if (folder && (folders.at(-1) === folder || (after !== "" && after.startsWith(folder)))) continue;
      if (contents.length + folders.length >= max) {
        more = true;
        break;
      }
      if (folder) folders.push(folder);
      else contents.push(row);
      last = folder ?? row[0];
    }
    const next = more
      ? v2
        ? `<NextContinuationToken>${last}</NextContinuationToken>`
        : `<NextMarker>${last}</NextMarker>`
      : "";
    const body = Buffer.from(
      `<?xml version="1.0" encoding="UTF-8"?>\n<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Name>bench</Name>` +
        `<Prefix>${escapeXml(prefix)}</Prefix><KeyCount>${contents.length + folders.length}</KeyCount><MaxKeys>${max}</MaxKeys>` +
        `<IsTruncated>${more}</IsTruncated>${next}` +
        contents
          .map(
            ([key, bytes, etag]) =>
              `<Contents><Key>${escapeXml(key)}</Key><LastModified>2026-01-02T03:04:05.000Z</LastModified>` +
              `<ETag>&quot;${etag}&quot;</ETag><Size>${bytes}</Size><StorageClass>STANDARD</StorageClass></Contents>`,
          )
          .join("") +
        folders.map((folder) => `<CommonPrefixes><Prefix>${escapeXml(folder)}</Prefix></CommonPrefixes>`).join("") +
        `</ListBucketResult>`,
    );
    cache.set(id, body);
    return body;
  };
  const server = http.createServer((request, reply) => {
    const url = new URL(request.url ?? "/", "http://listing");
    const xml = { "content-type": "application/xml" };
    if (url.searchParams.has("location"))
      return reply
        .writeHead(200, xml)
        .end(`<?xml version="1.0"?><LocationConstraint xmlns="http://s3.amazonaws.com/doc/2006-03-01/"/>`);
    if (url.pathname.split("/").filter(Boolean).length !== 1) return reply.writeHead(404).end();
    if (request.method === "HEAD") return reply.writeHead(200).end();
    const body = list(url.searchParams);
    setTimeoutOrNow(latency(), () => reply.writeHead(200, { ...xml, "content-length": body.length }).end(body));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { port: (server.address() as AddressInfo).port, close: () => server.close() };
}

function setTimeoutOrNow(ms: number, run: () => void): void {
  if (ms > 0) setTimeout(run, ms);
  else run();
}
