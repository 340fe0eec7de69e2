// Storing the same documents in a plain table with two indexes: by COPY, by multi-row inserts, or a row a statement.
// node store.mjs <copy|insert|one> <objects folder> <count>
import { createHash } from "node:crypto";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import path from "node:path";
import { Client } from "pg";
import { from } from "pg-copy-streams";

const [how = "insert", folder = "", many = "20000"] = process.argv.slice(2);
const size = how === "one" ? 1 : 250;
const index = JSON.parse(readFileSync(path.join(folder, "index.json"), "utf8"));
const texts = index.map(([key]) => readFileSync(path.join(folder, "bench", key), "latin1"));
const rows = Array.from({ length: Number(many) }, (_, i) => {
  const content = `${i}\n${texts[i % texts.length]}`;
  return [
    "c",
    `${i}/${index[i % index.length][0]}`,
    content.slice(20, 80),
    content,
    [`t${i % 7}`, `u${i % 13}`],
    JSON.stringify({ author: `a${i % 50}`, n: i }),
    createHash("sha256").update(content).digest(),
  ];
});
const chunks = [];
for (let i = 0; i < rows.length; i += size) chunks.push(rows.slice(i, i + size));

const table = `bench_plain_${process.pid}`;
const columns = "connection, external_id, title, content, tags, metadata, hash";
const client = new Client({ connectionString: process.env.DATABASE_URL });
await client.connect();
await client.query(
  `create table ${table} (id uuid primary key default gen_random_uuid(), connection text not null, external_id text not null,
     title text not null, content text not null, tags text[], metadata jsonb, hash bytea not null,
     created_at timestamptz not null default now(), unique (connection, external_id));
   create index on ${table} (connection, created_at, id)`,
);
const escapes = { "\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r" };
const cell = (value) =>
  value instanceof Buffer
    ? `\\\\x${value.toString("hex")}`
    : (Array.isArray(value) ? `{${value.join(",")}}` : value).replace(/[\\\t\n\r]/g, (c) => escapes[c]);
const placeholders = (count) =>
  Array.from(
    { length: count },
    (_, i) => `(${Array.from({ length: 7 }, (_unused, j) => `$${i * 7 + j + 1}`).join(",")})`,
  ).join(",");

async function write(chunk) {
  if (how === "copy") {
    const stream = client.query(from(`copy ${table} (${columns}) from stdin`));
    stream.end(`${chunk.map((row) => row.map(cell).join("\t")).join("\n")}\n`);
    await once(stream, "finish");
  } else {
    await client.query({
      name: `insert_${chunk.length}`,
      text: `insert into ${table} (${columns}) values ${placeholders(chunk.length)}`,
      values: chunk.flat(1),
    });
  }
}

const started = performance.now();
for (const chunk of chunks) await write(chunk);
const seconds = (performance.now() - started) / 1000;
await client.query(`drop table ${table}`);
await client.end();
console.log(JSON.stringify({ seconds, documents: rows.length, peakMiB: process.resourceUsage().maxRSS / 1024 }));
