import { expect, test } from "vitest";
import { chance, seedOfRun } from "#lib/testing/chance.ts";
import { mortalSync } from "#lib/sync/testing/mortal-sync.ts";
import type { FakeDrive, FakeItem } from "./fake/drive.ts";
import type { FakeOneDrive } from "./fake/server.ts";
import { oneDriveBench } from "./testing/bench.ts";

/** A drive lives on while it is synced, killed, throttled and refused: in the end the documents are what is in it. */

const place = oneDriveBench();
const seed = seedOfRun();
const lives = 20;

class Life {
  readonly random: () => number;
  readonly fake: FakeOneDrive;
  readonly drive: FakeDrive;
  readonly chosen: string | null;
  #count = 0;

  constructor(random: () => number, fake: FakeOneDrive, chosen: string | null) {
    this.random = random;
    this.fake = fake;
    this.drive = fake.drive();
    this.chosen = chosen;
  }

  pick<T>(from: readonly T[]): T | undefined {
    return from[Math.floor(this.random() * from.length)];
  }

  live(kind: FakeItem["kind"]): readonly FakeItem[] {
    return this.drive.ordered.filter((item) => item.kind === kind && !item.deleted && item.parent !== null);
  }

  /** One thing a person does. */
  deed(): void {
    const { drive } = this;
    const [file, folder, other] = [
      this.pick(this.live("file")),
      this.pick(this.live("folder")),
      this.pick(this.live("folder")),
    ];
    const name = `${++this.#count}.txt`;
    const kind = this.random();
    if (kind < 0.35 && this.live("file").length < 40)
      drive.file(name, `Text ${name}`, { parent: folder && this.random() < 0.7 ? folder.id : drive.root });
    else if (kind < 0.45) drive.folder(`Folder ${name}`, this.random() < 0.6 ? folder?.id : drive.root);
    else if (kind < 0.6 && file) drive.write(file.id, `Written ${name}`);
    else if (kind < 0.68 && file) drive.rename(file.id, `renamed ${name}`);
    else if (kind < 0.76 && file) drive.move(file.id, folder?.id ?? drive.root);
    else if (kind < 0.84 && file) drive.remove(file.id);
    else if (kind < 0.88 && folder && folder.id !== this.chosen) drive.remove(folder.id);
    else if (kind < 0.96 && folder && folder.id !== this.chosen) {
      const target = other ?? drive.get("root");
      // A folder cannot move into itself.
      if (target && target !== folder && !drive.ancestorsOf(target).includes(folder)) drive.move(folder.id, target.id);
    } else if (file) drive.touch(file.id);
  }

  expected(): ReadonlyMap<string, string> {
    const within = (item: FakeItem) =>
      this.chosen === null || drive.ancestorsOf(item).some(({ id }) => id === this.chosen);
    const { drive } = this;
    return new Map(
      this.live("file")
        .filter(within)
        .map((item) => [item.id, item.body().toString()]),
    );
  }

  /** What the service does besides. */
  weather(): void {
    const kind = this.random();
    const { fake } = this;
    if (kind < 0.15) fake.age({ location: this.random() < 0.5 ? "own" : null });
    else if (kind < 0.3) fake.fault({ kind: "status", status: 429, times: 2, retryAfter: "0" });
    else if (kind < 0.45)
      fake.fault({ kind: "status", status: 503, times: 1 + Math.floor(this.random() * 30), on: "listing" });
    else if (kind < 0.55) fake.fault({ kind: "truncate", times: 2 });
    else if (kind < 0.65) fake.fault({ kind: "reset", times: 3 });
    const [busy, aging] = [this.random() < 0.6, this.random() < 0.1];
    fake.beforePage = (number) => {
      if (aging && number === 3) fake.age();
      if (busy && number <= 20) this.deed();
    };
  }

  calm(): void {
    this.fake.clear();
    this.fake.beforePage = () => {};
  }
}

for (const scope of ["the whole drive", "a chosen folder"] as const)
  test(
    `${lives} lives of ${scope}: in the end the documents are the files, whatever happened on the way (C10, C11)`,
    { timeout: 240_000 },
    async () => {
      for (let number = 0; number < lives; number++) {
        const random = chance(seed + number * 2 + (scope === "the whole drive" ? 0 : 1));
        const fake = await place.fake({ business: random() < 0.5, pageSize: 3 + Math.floor(random() * 10) });
        const drive = fake.drive();
        drive.tellsChildren = random() < 0.5;
        const chosen = scope === "the whole drive" ? null : drive.folder("Chosen", drive.folder("Above"));
        const life = new Life(random, fake, chosen);
        for (let n = 0; n < 25; n++) life.deed();
        const it = await place.connect(fake, {
          documentLimit: random() < 0.3 ? 4 + Math.floor(random() * 10) : 10_000,
          ...(chosen === null
            ? {}
            : { settings: { syncScope: "selected", selection: [{ id: chosen, name: "Chosen", kind: "folder" }] } }),
        });
        for (let n = 0; n < 5; n++) {
          life.weather();
          await mortalSync(random, it, () => life.deed());
          life.calm();
          for (let deeds = Math.floor(random() * 5); deeds > 0; deeds--) life.deed();
        }
        const said = `VITE_SEED=${seed} (life ${number})`;
        for (let n = 0; n < 14; n++) {
          fake.clear();
          const { result } = await it.sync();
          expect({ said, result }).toEqual({ said, result: "completed" });
          // One question for what changed, and nothing had: the end.
          if (fake.log.length === 1 && fake.log[0]?.includes("token=")) break;
        }
        const stored = await it.stored();
        const expected = life.expected();
        expect({ said, ids: [...stored.keys()].toSorted() }).toEqual({ said, ids: [...expected.keys()].toSorted() });
        for (const [id, text] of expected) expect({ said, text: stored.get(id) }).toEqual({ said, text });
        expect(fake.leaks).toEqual([]);
        await it.close();
        await fake.close();
      }
    },
  );
