import { expect, test } from "vitest";
import { mortalSync } from "#lib/sync/testing/mortal-sync.ts";
import { chance, seedOfRun } from "#lib/testing/chance.ts";
import { paragraph } from "./fake/blocks.ts";
import type { FakePage } from "./fake/workspace.ts";
import { useNotion, type NotionBench } from "./testing/bench.ts";

/** A workspace lives on while it is synced, killed, throttled and refused: in the end the documents are its pages. */

const notion = useNotion();
const seed = seedOfRun();
const lives = 8;
const mostPages = 22;
const minute = 60_000;

class Life {
  readonly random: () => number;
  readonly it: NotionBench;
  /** pages whose last change search tells of */
  readonly told = new Set<string>();
  readonly #words = new Map<string, string>();
  readonly #names = new Map<string, string>();
  #count = 0;

  constructor(random: () => number, it: NotionBench) {
    this.random = random;
    this.it = it;
    const { workspace } = it.fake;
    workspace.page("home", "Home", { text: "Home." });
    this.#named("home", "Home.");
    workspace.database("listed", "Listed");
    workspace.database("hidden", "Hidden", { parent: "home", listed: false });
    for (let n = 0; n < 15; n++) this.deed();
  }

  get #pages(): FakePage[] {
    return [...this.it.fake.workspace.pages.values()];
  }

  pick<T>(from: readonly T[]): T | undefined {
    return from[Math.floor(this.random() * from.length)];
  }

  #named(name: string, words: string): void {
    const { id, listed } = this.it.fake.workspace.named(name);
    this.#names.set(id, name);
    this.#words.set(id, words);
    if (listed) this.told.add(id);
  }

  #nameOf({ id }: FakePage): string {
    return this.#names.get(id) ?? "";
  }

  /** One thing a person does. */
  deed(): void {
    const { workspace } = this.it.fake;
    const live = this.#pages.filter(({ inTrash, access }) => !inTrash && access === "shared");
    const page = this.pick(live);
    const other = this.pick(this.#pages.filter((each) => this.#nameOf(each) !== "home"));
    const words = `Words ${++this.#count}.`;
    // Sometimes within the minute of the last edit.
    if (this.random() < 0.3) workspace.clock -= minute;
    const kind = this.random();
    if (kind < 0.3) {
      if (this.#pages.filter(({ inTrash }) => !inTrash).length >= mostPages || !page) return;
      const name = `p${this.#count}`;
      const where = this.random();
      const [listed, text] = [this.random() < 0.7, words];
      if (where < 0.3) workspace.page(name, name, { text });
      else if (where < 0.6) {
        workspace.page(name, name, { text, listed, parent: this.#nameOf(page) });
        workspace.edit(this.#nameOf(page), {});
        if (page.listed) this.told.add(page.id);
      } else workspace.page(name, name, { text, listed, source: where < 0.8 ? "listed" : "hidden" });
      this.#named(name, words);
    } else if (kind < 0.6 && page) {
      const { parent } = page;
      const children = page.blocks.filter(({ type }) => type === "child_database");
      workspace.edit(this.#nameOf(page), { blocks: [paragraph(words), ...children], parent });
      this.#named(this.#nameOf(page), words);
    } else if (kind < 0.65 && page) {
      workspace.edit(this.#nameOf(page), { title: `Title ${words}` });
      if (page.listed) this.told.add(page.id);
    } else if (kind < 0.8 && other) {
      const inTrash = !other.inTrash;
      if (!inTrash && this.#above(other).some((each) => each.inTrash)) return;
      for (const each of this.#family(other)) {
        workspace.edit(this.#nameOf(each), { inTrash });
        if (each.listed && each.access === "shared") this.told.add(each.id);
        else this.told.delete(each.id);
      }
    } else if (kind < 0.95 && other) {
      const access = other.access === "shared" ? "unshared" : "shared";
      if (access === "shared" && this.#above(other).some((each) => each.access !== "shared")) return;
      // Without any edit: only a listing of everything tells. What is shared by itself is known to search.
      other.listed ||= access === "shared";
      for (const each of this.#family(other)) {
        each.access = access;
        this.told.delete(each.id);
      }
    }
  }

  /** A page with everything inside it. */
  #family(page: FakePage): FakePage[] {
    const { workspace } = this.it.fake;
    return [page, ...workspace.inside(page.id).flatMap((child) => this.#family(child))];
  }

  #above(page: FakePage): FakePage[] {
    const parent = page.parent ? this.it.fake.workspace.pages.get(page.parent.id) : undefined;
    return parent ? [parent, ...this.#above(parent)] : [];
  }

  /** What ought to be stored: id → words in its text. */
  expected(): Map<string, string> {
    const there = this.#pages.filter(({ inTrash, access }) => !inTrash && access === "shared");
    return new Map(there.map(({ id }) => [id, this.#words.get(id) ?? ""]));
  }

  /** What the service does besides. */
  weather(): void {
    const { fake } = this.it;
    const kind = this.random();
    const times = 1 + Math.floor(this.random() * 3);
    if (kind < 0.12) fake.fault({ kind: "status", status: this.random() < 0.5 ? 429 : 529, times, retryAfter: "0" });
    else if (kind < 0.3) fake.fault({ kind: "status", status: 503, times: times * 8, on: "listing" });
    else if (kind < 0.4) fake.fault({ kind: "status", status: 500, times: times * 3, on: "read" });
    else if (kind < 0.5) fake.fault({ kind: "truncate", times });
    else if (kind < 0.6) fake.fault({ kind: "reset", times });
    else if (kind < 0.7) fake.quirks.refusePositions = times;
    else if (kind < 0.75) fake.quirks.positions = "circle";
    if (this.random() < 0.2) fake.quirks.repeats = true;
    const busy = this.random() < 0.6;
    let deeds = 0;
    fake.quirks.onList = () => {
      if (busy && this.random() < 0.4 && ++deeds < 10) this.deed();
    };
  }

  calm(): void {
    const { fake } = this.it;
    fake.clear();
    Object.assign(fake.quirks, { refusePositions: 0, positions: undefined, repeats: false, onList: undefined });
  }

  /** The time it is: that of the last edit, or later; it never goes back. */
  now(later: number): () => Date {
    const { fake } = this.it;
    fake.workspace.clock += later;
    fake.now = () => fake.workspace.clock;
    return () => new Date(fake.now());
  }

  async chaos(): Promise<void> {
    const now = this.now(Math.floor(this.random() * 3) * minute);
    await mortalSync(this.random, this.it.it, () => this.deed(), { now });
  }

  async quiet(later: number, said: string): Promise<void> {
    this.calm();
    const { runId, result } = await this.it.it.sync({ now: this.now(later) });
    expect({ said, result, error: (await this.it.it.run(runId)).error }).toEqual({
      said,
      result: "completed",
      error: null,
    });
  }

  /** Documents with their words; `…` = others than the page has. */
  async stored(): Promise<Map<string, string>> {
    const stored = await this.it.it.stored();
    return new Map(
      [...stored].map(([id, text]) => [
        id,
        text.split("\n").find((line) => line.startsWith("Words")) ?? text.split("\n", 1)[0] ?? "",
      ]),
    );
  }
}

const sorted = (texts: ReadonlyMap<string, string>) => [...texts].toSorted(([a], [b]) => (a < b ? -1 : 1));

async function lifeOf(number: number): Promise<void> {
  const random = chance(seed + number);
  const limited = random() < 0.3;
  const it = await notion({
    tuning: { pageSize: 2 + Math.floor(random() * 10) },
    documentLimit: limited ? 3 + Math.floor(random() * 8) : 10_000,
  });
  it.fake.quirks.noMarkdown = random() < 0.2;
  it.fake.quirks.noTrash = limited && random() < 0.5;
  it.fake.quirks.partial = random() < 0.2;
  const life = new Life(random, it);
  for (let n = 0; n < 6; n++) {
    life.weather();
    await life.chaos();
    life.calm();
    for (let deeds = Math.floor(random() * 5); deeds > 0; deeds--) life.deed();
    it.fake.workspace.clock += Math.floor(random() * 20) * minute;
  }
  const said = `VITE_SEED=${seed} (life ${number})`;
  // What search tells of is right soon.
  for (let n = 0; n < 2; n++) await life.quiet(3 * minute, said);
  if (!limited) {
    const [stored, expected] = [await life.stored(), life.expected()];
    for (const id of life.told)
      expect({ said, id, stored: stored.get(id) }).toEqual({ said, id, stored: expected.get(id) });
  }
  // The rest is found by walking.
  for (let n = 0; n < (limited ? 12 : 2); n++) await life.quiet(25 * 60 * minute, said);
  const held = (await it.it.connection()).held_deletions;
  expect({ said, held, stored: sorted(await life.stored()) }).toEqual({
    said,
    held: 0,
    stored: sorted(life.expected()),
  });
}

test(
  `${lives} lives: in the end the documents are the pages, whatever happened on the way (C10, C11)`,
  { timeout: 240_000 },
  async () => {
    for (let number = 0; number < lives; number++) await lifeOf(number);
  },
);
