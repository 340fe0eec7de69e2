import { beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { newId } from "#lib/contract/ids.ts";
import { pool } from "#lib/db/client.ts";
import { transaction } from "#lib/db/tx.ts";
import { testDatabase } from "#lib/testing/database.ts";
import { testOrganization } from "#lib/testing/organization.ts";
import { until } from "#lib/testing/wait.ts";
import { indexFailure } from "./index-failure.ts";
import { indexOrganization, type IndexOptions } from "./index-organization.ts";
import { queueIndexing, reindexOrganization, tendIndex } from "./queue-indexing.ts";

let organizationId: string;

beforeAll(async () => {
  await testDatabase();
});
beforeEach(async () => {
  organizationId = (await testOrganization()).organizationId;
});

interface NewText {
  readonly text: string;
  readonly title?: string;
  readonly tags?: readonly string[];
}

async function store(...texts: readonly (NewText | string)[]): Promise<string[]> {
  const ids: string[] = [];
  await transaction(async (client) => {
    for (const each of texts) {
      const { text, title = "A title", tags = ["team"] } = typeof each === "string" ? { text: each } : each;
      const id = newId();
      ids.push(id);
      await client.query(
        "insert into documents (id, organization_id, status, title, container_tags) values ($1, $2, 'indexing', $3, $4)",
        [id, organizationId, title, tags],
      );
      await client.query("insert into contents (document_id, organization_id, text) values ($1, $2, $3)", [
        id,
        organizationId,
        text,
      ]);
    }
    await queueIndexing(client, organizationId, ids);
  });
  return ids;
}

async function rewrite(id: string, text: string): Promise<void> {
  await transaction(async (client) => {
    await client.query("update documents set status = 'indexing', title = $2 where id = $1", [id, `about ${text}`]);
    await client.query("update contents set text = $2 where document_id = $1", [id, text]);
    await queueIndexing(client, organizationId, [id]);
  });
}

const never = new AbortController().signal;
const index = (options: IndexOptions = {}, signal: AbortSignal = never): Promise<void> =>
  indexOrganization(organizationId, signal, options);

async function find(query: string, tag?: string): Promise<string[]> {
  const { rows } = await pool().query<{ document_id: string }>(
    `select distinct document_id from chunks
     where organization_id = $1 and vector @@ to_tsquery('tributary_english', $2) and ($3::text is null or tags @> array[$3])`,
    [organizationId, query, tag ?? null],
  );
  return rows.map((row) => row.document_id);
}

async function document(id: string): Promise<{ status: string; failure: string | null; language: string | null }> {
  const { rows } = await pool().query("select status, failure, language from documents where id = $1", [id]);
  return rows[0];
}

async function tasks(): Promise<string[]> {
  const { rows } = await pool().query<{ document_id: string }>(
    "select document_id from index_tasks where organization_id = $1 order by due",
    [organizationId],
  );
  return rows.map((row) => row.document_id);
}

async function chunksOf(id: string): Promise<{ position: number; text: string; start: number; stop: number }[]> {
  const { rows } = await pool().query(
    "select position, text, start, stop from chunks where document_id = $1 order by position",
    [id],
  );
  return rows;
}

const english = "The committee decided about the invoices of the branch in Zanzibar last week. ";

test("a stored text is found by its words once it is indexed, and the document is done then", async () => {
  const [id = ""] = await store({ text: `# Money\n\n${english}`, title: "Meeting" });
  expect(await find("invoice")).toEqual([]);
  await index();
  expect(await find("invoice")).toEqual([id]);
  expect(await find("meeting")).toEqual([id]);
  expect(await document(id)).toEqual({ status: "done", failure: null, language: "english" });
  expect(await tasks()).toEqual([]);
});

test("chunks say where in the text they are, in UTF-16 code units", async () => {
  const text = `# 🎉 Party\n\n${english.repeat(40)}\n\n## Später\n\n${"Über 🎈 wird noch geredet. ".repeat(60)}`;
  const [id = ""] = await store(text);
  await index();
  const chunks = await chunksOf(id);
  expect(chunks.length).toBeGreaterThan(3);
  for (const [i, chunk] of chunks.entries()) {
    expect(chunk.position).toBe(i);
    expect(text.slice(chunk.start, chunk.stop)).toBe(chunk.text);
  }
});

test("titles and headings weigh more than text", async () => {
  await store({ text: `# Invoices\n\n${english}`, title: "Zanzibar" });
  await index();
  const { rows } = await pool().query(
    "select ts_filter(vector, '{a}')::text as a, ts_filter(vector, '{b}')::text as b from chunks where organization_id = $1",
    [organizationId],
  );
  expect(rows).toEqual([{ a: "'zanzibar':1A", b: "'invoic':2B" }]);
});

test("a new text replaces the chunks of the old one", async () => {
  const [id = ""] = await store(english.repeat(100));
  await index();
  await rewrite(id, "Nothing but a short note on elephants.");
  expect(await find("invoice")).toEqual([id]);
  await index();
  expect(await find("invoice")).toEqual([]);
  expect(await find("elephant")).toEqual([id]);
  expect(await chunksOf(id)).toHaveLength(1);
});

test("of an endless title the beginning is indexed", async () => {
  const [id = ""] = await store({
    title: `Quarterly ${Array.from({ length: 300_000 }, (_, i) => `t${lettersOf(i)}`).join(" ")}`,
    text: english,
  });
  await index();
  expect((await document(id)).status).toBe("done");
  expect(await find("quarterly")).toEqual([id]);
});

test("a document without text is found by its title", async () => {
  const [id = ""] = await store({ text: " \n", title: "Zoo" });
  await index();
  expect(await find("zoo")).toEqual([id]);
  expect(await chunksOf(id)).toEqual([{ position: 0, text: "", start: 0, stop: 0 }]);
});

test("other tags are in the index after another turn", async () => {
  const [id = ""] = await store(english);
  await index();
  await transaction(async (client) => {
    await client.query("update documents set container_tags = '{other}' where id = $1", [id]);
    await queueIndexing(client, organizationId, [id]);
  });
  await index();
  expect(await find("invoice", "other")).toEqual([id]);
  expect(await find("invoice", "team")).toEqual([]);
});

test("each text is stemmed in its own language; one too short to tell in the organization's", async () => {
  const [english1 = "", german = "", japanese = ""] = await store(
    english,
    "Der Ausschuss hat in der letzten Woche über die Rechnungen der Niederlassung entschieden.",
    "委員会は来週再び東京都庁で会合を開き、予算について決定する予定です。",
  );
  await index();
  expect((await document(english1)).language).toBe("english");
  expect((await document(german)).language).toBe("german");
  expect((await document(japanese)).language).toBe("simple");
  await store(english, english);
  await index();
  const [short = ""] = await store({ text: "invoices", title: "INV" });
  await index();
  expect((await document(short)).language).toBe("english");
  const { rows } = await pool().query(
    "select document_id from chunks where organization_id = $1 and vector @@ to_tsquery('tributary_german', 'rechnung')",
    [organizationId],
  );
  expect(rows).toEqual([{ document_id: german }]);
  expect(await find("東京 <-> 都庁")).toEqual([japanese]);
});

test("words are kept with about how many chunks they are in", async () => {
  await store("Zanzibar was café. ".repeat(3), `${english.repeat(3)} Zanzibar`);
  await index();
  const { rows } = await pool().query(
    "select word, seen from words where organization_id = $1 and word in ('zanzibar', 'cafe', 'café', 'committee') order by word",
    [organizationId],
  );
  expect(rows).toEqual([
    { word: "cafe", seen: 1 },
    { word: "committee", seen: 1 },
    { word: "zanzibar", seen: 2 },
  ]);
});

describe("what happens in between", () => {
  test("a process that dies in the middle leaves the old chunks, the status and the task as they were", async () => {
    const [id = ""] = await store(english);
    await index();
    await rewrite(id, "A short note on the elephants of the zoo in Hamburg.");
    for (const where of ["chunks written", "before commit"] as const) {
      const stop = new AbortController();
      await index(
        {
          failpoint: (at) => {
            if (at !== where) return;
            stop.abort();
            throw new Error("died");
          },
        },
        stop.signal,
      );
      expect(await find("invoice")).toEqual([id]);
      expect(await find("elephant")).toEqual([]);
      expect(await document(id)).toMatchObject({ status: "indexing" });
      expect(await tasks()).toEqual([id]);
    }
    await index();
    expect(await find("elephant")).toEqual([id]);
    expect(await document(id)).toMatchObject({ status: "done" });
  });

  test("a text stored while an older one is being indexed is indexed, too, and the document not done before", async () => {
    const [id = ""] = await store(english);
    let written: Promise<void> | undefined;
    const statuses: string[] = [];
    // Just this batch: else the next one may have the newer text already.
    const stop = new AbortController();
    const failpoint: IndexOptions["failpoint"] = async (at) => {
      if (at === "before commit") stop.abort();
      if (written || at !== "chunks written") return;
      const client = await pool().connect();
      await client.query("begin");
      await client.query("update documents set status = 'indexing' where id = $1", [id]);
      await client.query(
        "update contents set text = 'A short note on the elephants of the zoo in Hamburg.' where document_id = $1",
        [id],
      );
      // Waits for the task, which the indexer has.
      const finish = async () => {
        await queueIndexing(client, organizationId, [id]);
        statuses.push((await document(id)).status);
        await client.query("commit");
        client.release();
      };
      written = finish();
    };
    await index({ failpoint }, stop.signal);
    await written;
    expect(statuses).toEqual(["indexing"]);
    expect(await tasks()).toEqual([id]);
    await index();
    expect(await find("elephant")).toEqual([id]);
    expect(await find("invoice")).toEqual([]);
    expect((await document(id)).status).toBe("done");
  });

  test("a document deleted while it is indexed leaves nothing", async () => {
    const [id = "", other = ""] = await store(english, english);
    let deleted: Promise<unknown> | undefined;
    await index({
      failpoint: (at) => {
        if (at === "chunks written") deleted ??= pool().query("delete from documents where id = $1", [id]);
      },
    });
    await deleted;
    expect(await find("invoice")).toEqual([other]);
    expect(await tasks()).toEqual([]);
  });

  test("two workers index each document once", async () => {
    const ids = await store(...Array.from({ length: 300 }, (_, i) => `${english} number ${i}`));
    const inserted = vi.fn<() => void>();
    await Promise.all([index({ failpoint: inserted }), index({ failpoint: inserted })]);
    expect((await find("invoice")).sort()).toEqual(ids.sort());
    const { rows } = await pool().query("select seen from words where organization_id = $1 and word = 'zanzibar'", [
      organizationId,
    ]);
    expect(rows).toEqual([{ seen: 300 }]);
    expect(await tasks()).toEqual([]);
  });

  test("aborted, it ends between two batches and leaves the rest to others", async () => {
    const ids = await store(...Array.from({ length: 200 }, () => english));
    const stop = new AbortController();
    await index({ failpoint: (at) => void (at === "before commit" && stop.abort()) }, stop.signal);
    const left = await tasks();
    expect(left.length).toBeGreaterThan(100);
    expect(left.length).toBeLessThan(ids.length);
    expect((await find("invoice")).length).toBe(ids.length - left.length);
  });

  test("aborted in the middle of a document with very many words, it does not write them all first", async () => {
    const count = 100_000;
    const [id = ""] = await store(Array.from({ length: count }, (_, i) => `w${lettersOf(i)}`).join(" "));
    const stop = new AbortController();
    const indexing = index({}, stop.signal);
    await until(async () => (await wordCount()) > 0);
    stop.abort();
    await indexing;
    expect(await wordCount()).toBeLessThan(count / 2);
    expect(await tasks()).toEqual([id]);
    expect(await chunksOf(id)).toEqual([]);
  });

  test("when its turn is over it sends another job and goes to the end of the queue", async () => {
    await store(...Array.from({ length: 100 }, () => english));
    await pool().query("delete from pgboss.job where data ->> 'organizationId' = $1", [organizationId]);
    await index({ turnMs: 0 });
    expect((await tasks()).length).toBe(100);
    expect(await jobs()).toBe(1);
  });
});

const lettersOf = (i: number): string => String(i).replaceAll(/\d/g, (digit) => "abcdefghij"[Number(digit)] ?? "");

async function wordCount(): Promise<number> {
  const { rows } = await pool().query<{ n: number }>(
    "select count(*)::int as n from words where organization_id = $1",
    [organizationId],
  );
  return rows[0]?.n ?? 0;
}

async function jobs(): Promise<number> {
  const { rows } = await pool().query<{ n: number }>(
    "select count(*)::int as n from pgboss.job where name = 'index' and data ->> 'organizationId' = $1 and state = 'created'",
    [organizationId],
  );
  return rows[0]?.n ?? 0;
}

describe("documents that cannot be indexed", () => {
  /** No chunk of this document may be written. */
  async function poison(id: string): Promise<void> {
    await pool().query(
      `create or replace function refuse_poison() returns trigger language plpgsql as $$
       begin raise exception 'refused'; end $$`,
    );
    await pool().query(
      `create trigger "refuse_${id}" before insert on chunks for each row when (new.document_id = '${id}') execute function refuse_poison()`,
    );
  }

  const again = () => pool().query("update index_tasks set due = now() where organization_id = $1", [organizationId]);

  test("one stops no other, is tried again, and has failed after five attempts, in words", async () => {
    const [good1 = "", bad = "", good2 = ""] = await store(english, "poison", english);
    await poison(bad);
    await index();
    expect((await find("invoice")).sort()).toEqual([good1, good2].sort());
    expect(await tasks()).toEqual([bad]);
    expect((await document(bad)).status).toBe("indexing");
    for (let attempt = 2; attempt <= 5; attempt++) {
      // Not due yet: nothing happens.
      await index();
      expect((await pool().query("select attempts from index_tasks where document_id = $1", [bad])).rows).toEqual([
        { attempts: attempt - 1 },
      ]);
      await again();
      await index();
    }
    expect(await tasks()).toEqual([]);
    expect(await document(bad)).toMatchObject({ status: "failed", failure: indexFailure });
    await pool().query(`drop trigger "refuse_${bad}" on chunks`);
    await rewrite(bad, "healthy elephants");
    await index();
    expect(await document(bad)).toMatchObject({ status: "done", failure: null });
  });

  test("a large one at which the process dies again and again is given up after five attempts", async () => {
    const [bad = ""] = await store(english.repeat(20_000));
    for (let attempt = 1; attempt <= 5; attempt++) {
      const stop = new AbortController();
      await index({ failpoint: () => (stop.abort(), Promise.reject(new Error("died"))) }, stop.signal);
      expect((await pool().query("select attempts from index_tasks where document_id = $1", [bad])).rows).toEqual([
        { attempts: attempt },
      ]);
    }
    await index();
    expect(await document(bad)).toMatchObject({ status: "failed", failure: indexFailure });
    expect(await tasks()).toEqual([]);
  });

  test("a document whose next text is still to come keeps its status", async () => {
    const [id = ""] = await store(english);
    await pool().query("update documents set status = 'queued' where id = $1", [id]);
    await index();
    expect(await find("invoice")).toEqual([id]);
    expect((await document(id)).status).toBe("queued");
  });
});

test("tasks of tombstones are dropped; their chunks stay until they are purged", async () => {
  const [kept = "", never1 = ""] = await store(english, english);
  await index();
  await rewrite(kept, "elephants");
  await pool().query("update documents set deleted_at = now() where organization_id = $1", [organizationId]);
  await index();
  expect(await tasks()).toEqual([]);
  expect((await find("invoice")).sort()).toEqual([kept, never1].sort());
  await pool().query("delete from documents where organization_id = $1", [organizationId]);
  expect(await find("invoice")).toEqual([]);
});

test("a large text is replaced in one transaction of many statements", async () => {
  const text = Array.from({ length: 3_000 }, (_, i) => `## Part ${i}\n\n${english.repeat(9)}`).join("\n\n");
  const [id = ""] = await store(text);
  await index();
  const chunks = await chunksOf(id);
  expect(chunks.length).toBeGreaterThanOrEqual(3_000);
  expect(chunks.at(-1)?.stop).toBe(text.trimEnd().length);
});

test("another size of chunks cuts everything again, however many there are", async () => {
  const ids = await store(...Array.from({ length: 1_100 }, () => english.repeat(30)));
  await index();
  const before = (await chunksOf(ids[7] ?? "")).length;
  await transaction(async (client) => {
    await client.query("update organizations set chunk_size = 512 where id = $1", [organizationId]);
    await reindexOrganization(client, organizationId);
  });
  await index({ turnMs: 60_000 });
  for (const id of [ids[7], ids[1_099]]) expect((await chunksOf(id ?? "")).length).toBeLessThan(before);
  expect(await tasks()).toEqual([]);
  const { rows } = await pool().query("select reindex_after from organizations where id = $1", [organizationId]);
  expect(rows).toEqual([{ reindex_after: null }]);
});

test("organizations with tasks and no job get one", async () => {
  await store(english);
  await pool().query("delete from pgboss.job where data ->> 'organizationId' = $1", [organizationId]);
  await tendIndex();
  await tendIndex();
  await until(async () => (await jobs()) === 1);
});

test("another organization's texts are not touched", async () => {
  const [mine = ""] = await store(english);
  const own = organizationId;
  organizationId = (await testOrganization()).organizationId;
  await store(english);
  await index();
  organizationId = own;
  expect(await tasks()).toEqual([mine]);
  expect(await find("invoice")).toEqual([]);
});
