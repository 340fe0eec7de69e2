import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { compareKeys } from "#lib/contract/key.ts";
import { asAlice, missingSwiftPackages, startSwift, type Swift, swiftUsers } from "#lib/testing/swift.ts";
import { Failure, ItemChanged, ItemGone, type Json } from "../types.ts";
import { contextFor, type ContextOptions, type TestContext } from "./fake/context.ts";
import { uriEncodePath } from "./uri.ts";

const missing = missingSwiftPackages();
const title =
  missing.length === 0
    ? "against OpenStack Swift"
    : `against OpenStack Swift (skipped: packages ${missing.join(", ")} are not installed)`;
const pageSize = 20;

async function failure(context: TestContext): Promise<Failure> {
  const error = await context.check().catch((e: unknown) => e);
  if (error instanceof Failure) return error;
  throw new Error(`no Failure but ${String(error)}`);
}

/** What a store written by others makes of our signatures, keys and pages. */
describe.skipIf(missing.length > 0)(title, () => {
  let swift: Swift;
  const open: TestContext[] = [];

  const put = (bucket: string, key: string, body: string) =>
    asAlice(swift, "PUT", `/${bucket}/${uriEncodePath(key)}`, { body });

  function connect(bucket: string, extra: Record<string, Json> = {}, options: ContextOptions = {}): TestContext {
    const settings = { ...swiftUsers.alice, bucket, region: swift.region, endpoint: `http://${swift.host}`, ...extra };
    const context = contextFor(settings, { allow: [swift.host], ...options });
    open.push(context);
    return context;
  }

  beforeAll(async () => {
    swift = await startSwift({ pageSize });
    await asAlice(swift, "PUT", "/docs");
    await asAlice(swift, "PUT", "/quirks");
  });
  afterEach(async () => {
    for (const context of open.splice(0)) await context.close();
  });
  afterAll(() => swift?.close());

  it("every page is read in order; an interrupted listing goes on behind its last key", async () => {
    const keys = Array.from({ length: 55 }, (_, i) => `handbook/page ${String(i).padStart(2, "0")}.md`);
    await Promise.all(keys.map((key) => put("docs", key, `This is ${key}.`)));
    const whole = await connect("docs").list();
    expect(whole.ids).toEqual(keys);
    expect(whole.checkpoints).toHaveLength(3);
    expect(whole.done?.coverage).toBe("full");
    const resumed = await connect("docs", {}, { resuming: true }).list(whole.checkpoints[0] ?? null);
    expect(resumed.ids).toEqual(keys.slice(pageSize));
    expect((await connect("docs", { prefix: "handbook/page 4" }).list()).ids).toHaveLength(10);
  });

  it("page starts remembered from another listing find the same keys side by side", async () => {
    const { ids } = await connect("docs").list();
    const starts = [ids[9], ids[19], ids[34]].map((key) => uriEncodePath(key ?? ""));
    const again = await connect("docs").list({ v: 1, at: null, starts, fresh: [], stride: 1 });
    expect(again.ids).toEqual(ids);
  });

  it("difficult keys come back exactly and can be read", async () => {
    const keys = [
      "a b",
      "a+b",
      "a%2Fb",
      "100%",
      "é/ü",
      "😀",
      "new\nline",
      "a//b",
      "/leading",
      "a/./b",
      "a/../b",
      "../up",
      "q?x=1&y",
      "#x",
      "<&>\"'",
      "*!'()~;,=:@$",
      "trailing/",
      " ",
      "Case",
      "case",
      "日本語",
      "x".repeat(1024),
    ];
    for (const key of keys) await put("quirks", key, `body of ${key}`);
    const context = connect("quirks");
    const { ids, upserts } = await context.list();
    expect(ids).toEqual([...keys].sort(compareKeys));
    for (const item of upserts) {
      expect(new TextDecoder().decode(await context.read(item))).toBe(`body of ${item.id}`);
    }
  });

  it("an object that changed or went since it was listed is noticed", async () => {
    await put("docs", "z/changing", "before");
    await put("docs", "z/going", "before");
    const context = connect("docs", { prefix: "z/" });
    const { upserts } = await context.list();
    await put("docs", "z/changing", "after");
    await asAlice(swift, "DELETE", "/docs/z/going");
    const [changing, going] = upserts;
    if (!changing || !going) throw new Error("not listed");
    await expect(context.read(changing)).rejects.toBeInstanceOf(ItemChanged);
    await expect(context.read(going)).rejects.toBeInstanceOf(ItemGone);
    const [again] = (await context.list()).upserts;
    expect(again?.version).not.toBe(changing.version);
  });

  it("a check names the bucket and its owner", async () => {
    const account = await connect("docs").check();
    expect(account.label).toContain("docs (us-east-1");
    expect(account.sample).toHaveLength(20);
  });

  it("wrong credentials, a missing bucket and a missing permission are told apart", async () => {
    expect(await failure(connect("docs", { secretAccessKey: "wrong" }))).toMatchObject({ kind: "reauth" });
    expect(await failure(connect("docs", { accessKeyId: "acme:nobody" }))).toMatchObject({ kind: "reauth" });
    expect(await failure(connect("nowhere"))).toMatchObject({ kind: "missing", field: "metadata.bucket" });
    expect(await failure(connect("docs", swiftUsers.dave))).toMatchObject({ kind: "denied" });
  });

  it("a wrong region and a wrong clock are corrected", async () => {
    expect((await connect("docs", { region: "eu-west-9" }).check()).corrected).toEqual({ region: "us-east-1" });
    expect((await connect("docs", { region: "auto" }).check()).corrected).toEqual({ region: "us-east-1" });
    const late = connect("docs", {}, { now: () => new Date(Date.now() - 3_600_000) });
    expect((await late.check()).sample).toHaveLength(20);
    expect(late.notes.join()).toContain("60 minutes behind");
  });
});
