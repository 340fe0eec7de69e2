import { beforeAll, describe, expect, test } from "vitest";
import { testDatabase } from "#lib/testing/database.ts";
import { testOrganization, type TestOrganization } from "#lib/testing/organization.ts";
import { searchChunks, searchDocuments, type DocumentSearchInput, type FoundDocument } from "./search.ts";
import { addTexts, type Text } from "./testing/searchable.ts";

await testDatabase();

const defaults = { limit: 10, filter: {}, chunkThreshold: 0, onlyMatchingChunks: true } as const;

async function find(
  organization: TestOrganization,
  q: string,
  input: Partial<DocumentSearchInput> = {},
): Promise<readonly FoundDocument[]> {
  return (await searchDocuments(organization.principal, { ...defaults, q, ...input })).results;
}

const titles = (found: readonly FoundDocument[]) => found.map(({ document }) => document.title);

/** What was marked in the chunks of the first result. */
const marked = ([first]: readonly FoundDocument[]) =>
  first?.chunks.flatMap(({ text, highlights }) => highlights.map(({ start, end }) => text.slice(start, end)));

const prose =
  "This page is about the everyday work of the team and says who does what, when it is done and where to ask for help.";

async function organizationWith(texts: readonly Text[]): Promise<TestOrganization> {
  const organization = await testOrganization();
  await addTexts(organization.organizationId, texts);
  return organization;
}

describe("English", () => {
  let acme: TestOrganization;
  beforeAll(async () => {
    acme = await organizationWith([
      {
        title: "Rotating API keys",
        text: `${prose}\n\nOpen the settings and choose rotate. The old key works for a day.`,
      },
      {
        title: "Security handbook",
        text: `${prose}\n\nNever share API keys. Rotate them every year. API access is logged.`,
      },
      { title: "Keys of the office", text: `${prose}\n\nThe keys hang beside the door. Bring them back.` },
      {
        title: "Travel",
        text: `${prose}\n\nTravel expenses are paid within a month. Expenses for travel need a receipt.`,
      },
      {
        title: "Billing",
        text: `${prose}\n\nWe send an invoice every month. Configuration of the invoice is in the settings.`,
      },
      {
        title: "Deployments",
        text: `${prose}\n\nKubernetes rolls the deployment out. Write to ops@acme.example or read docs/setup.md.`,
      },
      {
        title: "Refunds",
        text: `${"# One\n\n"}${`${prose} `.repeat(12)}\n\n# Two\n\n${`${prose} `.repeat(12)} The zebra is mentioned here.\n\n# Three\n\n${`${prose} `.repeat(12)} A quokka, too.`,
      },
    ]);
  });

  test("a title that has the words is above a text that has them", async () => {
    const found = await find(acme, "api keys");
    expect(titles(found).slice(0, 2)).toEqual(["Rotating API keys", "Security handbook"]);
    for (const { score } of found.slice(0, 2)) expect(score).toBeGreaterThanOrEqual(0.6);
  });

  test("all the words are above some of them, and score 0.75", async () => {
    const found = await find(acme, "keys door");
    expect(titles(found)[0]).toBe("Keys of the office");
    expect(found[0]?.score).toBeGreaterThanOrEqual(0.75);
    for (const { score } of found.slice(1)) expect(score).toBeLessThan(0.6);
    expect(found.length).toBeGreaterThan(1);
  });

  test("a question finds its answer although not every word of it occurs", async () => {
    expect(titles(await find(acme, "how do I rotate my API keys?"))[0]).toBe("Rotating API keys");
    expect(titles(await find(acme, "When will my travel expenses get reimbursed by accounting?"))[0]).toBe("Travel");
  });

  test("a phrase finds the words next to each other only", async () => {
    expect(titles(await find(acme, '"travel expenses"'))).toEqual(["Travel"]);
    expect(await find(acme, '"expenses travel"')).toEqual([]);
  });

  test("a prefix finds every word that begins so, whatever its stem", async () => {
    expect(titles(await find(acme, "configurati*"))).toEqual(["Billing"]);
    expect(titles(await find(acme, "kub*"))).toEqual(["Deployments"]);
    expect(marked(await find(acme, "kub*"))).toEqual(["Kubernetes"]);
  });

  test("what is left out is nowhere in the documents that are found", async () => {
    expect(titles(await find(acme, "keys -door")).toSorted()).toEqual(["Rotating API keys", "Security handbook"]);
    expect(titles(await find(acme, 'keys -"every year" -door'))).toEqual(["Rotating API keys"]);
    expect(titles(await find(acme, "zebra -quokka"))).toEqual([]);
    expect(await find(acme, "-door")).toEqual([]);
  });

  test("either of two words is enough with OR", async () => {
    const found = await find(acme, "kubernetes OR receipt");
    expect(titles(found).toSorted()).toEqual(["Deployments", "Travel"]);
    for (const { score } of found) expect(score).toBeGreaterThanOrEqual(0.6);
  });

  test.each([
    ["kuberntes", "Deployments"],
    ["invioce", "Billing"],
    ["expnses recipt", "Travel"],
    ["deploiment", "Deployments"],
    ["teh dor", "Keys of the office"],
  ])(
    "%s is found as what it must have meant, good enough for an answer but below all the words",
    async (typo, title) => {
      const found = await find(acme, typo);
      expect(titles(found)[0]).toBe(title);
      expect(found[0]?.score).toBeGreaterThanOrEqual(0.6);
      expect(found[0]?.score).toBeLessThan(0.75);
      expect(marked(found)?.length).toBeGreaterThan(0);
    },
  );

  test("parts of addresses and paths are words", async () => {
    expect(titles(await find(acme, "setup.md"))).toEqual(["Deployments"]);
    expect(titles(await find(acme, "ops@acme.example"))).toEqual(["Deployments"]);
  });

  test("words in different chunks of a document are words of that document", async () => {
    const [first] = await find(acme, "zebra quokka");
    expect(first?.document.title).toBe("Refunds");
    expect(first?.score).toBeGreaterThanOrEqual(0.6);
    const [titled] = await find(acme, "refunds quokka");
    expect(titled?.document.title).toBe("Refunds");
    expect(titled?.score).toBeGreaterThanOrEqual(0.6);
  });

  test("matches come alone, or with what is beside them, marked as such and lower", async () => {
    const alone = await find(acme, "quokka");
    expect(alone[0]?.chunks.every(({ relevant, text }) => relevant && text.includes("quokka"))).toBe(true);
    const beside = (await find(acme, "quokka", { onlyMatchingChunks: false }))[0]?.chunks ?? [];
    const match = beside.find(({ relevant }) => relevant);
    const others = beside.filter(({ relevant }) => !relevant);
    expect(others.length).toBeGreaterThan(0);
    for (const { position, score } of others) {
      expect(Math.abs(position - (match?.position ?? -9))).toBe(1);
      expect(score).toBeLessThan(match?.score ?? 0);
    }
  });

  test("highlights are exact offsets, and mark every form of a word", async () => {
    expect(marked(await find(acme, "rotate expenses travel"))).toEqual(
      expect.arrayContaining(["Travel", "expenses", "Expenses", "travel"]),
    );
    const [chunk] = (
      await searchChunks(acme.principal, { q: "key", limit: 1, filter: {}, threshold: 0, neighbours: false })
    ).results;
    expect(chunk?.chunk.highlights.length).toBeGreaterThan(0);
    for (const { start, end } of chunk?.chunk.highlights ?? [])
      expect(chunk?.chunk.text.slice(start, end)).toMatch(/^keys?$/i);
  });

  test("the same search has the same answer, in the same order", async () => {
    const once = await find(acme, "the work of the team OR keys");
    for (let i = 0; i < 5; i++) expect(await find(acme, "the work of the team OR keys")).toEqual(once);
  });

  test("stop words alone, operators alone and emoji alone find nothing", async () => {
    for (const q of ["the of and", "-", '""', "🙂", "|| && !! <->", "OR"]) expect(await find(acme, q)).toEqual([]);
  });

  test("chunks are found by themselves, best first, and only from the threshold on", async () => {
    const all = await searchChunks(acme.principal, {
      q: "api keys",
      limit: 10,
      filter: {},
      threshold: 0,
      neighbours: true,
    });
    const good = await searchChunks(acme.principal, {
      q: "api keys",
      limit: 10,
      filter: {},
      threshold: 0.6,
      neighbours: false,
    });
    const scores = all.results.map(({ chunk }) => chunk.score);
    expect(scores).toEqual(scores.toSorted((a, b) => b - a));
    expect(good.results.length).toBeGreaterThan(0);
    expect(good.results.length).toBeLessThanOrEqual(all.results.length);
    for (const { chunk } of good.results) expect(chunk.score).toBeGreaterThanOrEqual(0.6);
  });
});

describe("other languages", () => {
  test("German: umlauts or not, and every form of a word", async () => {
    const acme = await organizationWith([
      {
        title: "Schlüssel",
        text: "Die Häuser der Stadt haben neue Türen bekommen, und die Schlüssel dafür liegen beim Hausmeister bereit.",
      },
      {
        title: "Urlaub",
        text: "Wer Urlaub nehmen möchte, stellt den Antrag spätestens vier Wochen vorher beim Vorgesetzten.",
      },
    ]);
    for (const q of ["Häuser", "haus", "hauser", "Türen", "tur", "schlussel"])
      expect(titles(await find(acme, q)), q).toEqual(["Schlüssel"]);
    expect(marked(await find(acme, "haus"))).toContain("Häuser");
    expect(titles(await find(acme, "Wie stelle ich einen Antrag auf Urlaub für den Sommer?"))[0]).toBe("Urlaub");
    expect(titles(await find(acme, "Schlüsel"))).toEqual(["Schlüssel"]);
  });

  test("French: accents and elisions", async () => {
    const acme = await organizationWith([
      {
        title: "Élèves",
        text: "Les élèves de l'école étudient les générations précédentes avec leurs professeurs pendant toute l'année scolaire.",
      },
    ]);
    for (const q of ["élève", "eleves", "l'école", "ecole", "génération", "d'élèves"])
      expect(titles(await find(acme, q)), q).toEqual(["Élèves"]);
    expect(marked(await find(acme, "ecole"))).toEqual(["école"]);
  });

  test("Russian: every case of a word", async () => {
    const acme = await organizationWith([
      {
        title: "Договор",
        text: "Сотрудники подписывают договоры с клиентами и хранят копии документов в архиве компании в течение пяти лет.",
      },
    ]);
    for (const q of ["договоры", "клиент", "документы", "архив"])
      expect(titles(await find(acme, q)), q).toEqual(["Договор"]);
    expect(marked(await find(acme, "клиент"))).toEqual(["клиентами"]);
  });

  test("Japanese, Chinese and Thai: words inside of runs without spaces", async () => {
    const acme = await organizationWith([
      { title: "出張", text: "出張の経費は月末までに申請してください。領収書を添付する必要があります。" },
      { title: "权限", text: "管理员可以在控制台中更改用户的访问权限，并且查看所有的审计日志。" },
      { title: "วันหยุด", text: "พนักงานทุกคนมีสิทธิลาพักร้อนปีละสิบวันและต้องแจ้งหัวหน้างานล่วงหน้า" },
    ]);
    expect(titles(await find(acme, "経費の申請"))).toEqual(["出張"]);
    expect(marked(await find(acme, "領収書"))?.join("")).toBe("領収書");
    expect(titles(await find(acme, "访问权限"))).toEqual(["权限"]);
    expect(titles(await find(acme, "用户 日志"))).toEqual(["权限"]);
    expect(titles(await find(acme, "พนักงาน"))).toEqual(["วันหยุด"]);
    expect(marked(await find(acme, "พนักงาน"))).toEqual(["พนักงาน"]);
  });

  test("one query finds documents of several languages by the stems of each", async () => {
    const acme = await organizationWith([
      { title: "en", text: `${prose} Documents about organization and administration of the archives are kept here.` },
      {
        title: "de",
        text: "Die Archive der Verwaltung und alle Dokumente zur Organisation werden hier von uns aufbewahrt und gepflegt.",
      },
    ]);
    expect(titles(await find(acme, "archive")).toSorted()).toEqual(["de", "en"]);
  });
});
