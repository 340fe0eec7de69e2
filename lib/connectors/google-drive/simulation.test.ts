import { expect, test } from "vitest";
import { mortalSync } from "#lib/sync/testing/mortal-sync.ts";
import { chance, seedOfRun } from "#lib/testing/chance.ts";
import { isFolder, mimes, type FakeFile } from "./fake/store.ts";
import type { FakeGoogleDrive } from "./fake/server.ts";
import { driveTests } from "./testing/drive-tests.ts";

/** A Drive lives on while it is synced, killed, throttled and refused: in the end the documents are what is in it. */

const { start } = driveTests();
const seed = seedOfRun();
const lives = 6;
const mostFiles = 22;
const team = "0Ateam";

class Life {
  readonly random: () => number;
  readonly source: FakeGoogleDrive;
  /** folder or shared drive that was chosen; null = everything */
  chosen: string | null = null;
  #count = 0;

  constructor(random: () => number, source: FakeGoogleDrive) {
    this.random = random;
    this.source = source;
    source.store.root("ada");
    source.store.root("bob");
    source.store.addDrive(team, "Team", "ada");
  }

  pick<T>(from: readonly T[]): T | undefined {
    return from[Math.floor(this.random() * from.length)];
  }

  #all(kind: (file: FakeFile) => boolean): FakeFile[] {
    return [...this.source.store.files.values()].filter(kind);
  }

  #folder(): string {
    return this.pick(this.#all(isFolder))?.id ?? this.source.store.root("ada");
  }

  /** A folder that may be moved, trashed or deleted. */
  #movable(): FakeFile | undefined {
    return this.pick(this.#all((file) => isFolder(file) && file.parent !== null && file.id !== this.chosen));
  }

  /** One thing somebody does. */
  deed(): void {
    const { store } = this.source;
    const isFile = (file: FakeFile) => !isFolder(file) && file.mimeType !== mimes.shortcut;
    const files = this.#all(isFile);
    const file = this.pick(files);
    const folder = this.#movable();
    const text = `Text ${++this.#count}`;
    const kind = this.random();
    if (kind < 0.3) {
      if (files.length >= mostFiles) return;
      const parent = this.#folder();
      const doc = this.random() < 0.5;
      const owner = this.#ownerIn(parent);
      store.add({
        name: `${text}${doc ? "" : ".txt"}`,
        mimeType: doc ? mimes.doc : mimes.text,
        parent,
        owner,
        body: { text },
      });
    } else if (kind < 0.38) {
      const parent = this.#folder();
      store.add({ name: `Folder ${text}`, mimeType: mimes.folder, parent, owner: this.#ownerIn(parent) });
    } else if (kind < 0.46) {
      const target = this.random() < 0.6 ? file : this.pick(this.#all(isFolder));
      const parent = this.#folder();
      if (target)
        store.add({
          name: `To ${target.name}`,
          mimeType: mimes.shortcut,
          parent,
          owner: this.#ownerIn(parent),
          target: target.id,
        });
    } else if (kind < 0.58 && file) store.update(file.id, { body: { text: `Written ${text}` } });
    else if (kind < 0.63 && file) store.update(file.id, { name: `Renamed ${text}.txt` });
    else if (kind < 0.7 && file) this.#move(file, this.#folder());
    else if (kind < 0.75 && file) store.update(file.id, { trashed: !file.trashed });
    else if (kind < 0.78 && file) store.delete(file.id);
    else if (kind < 0.83 && folder) this.#move(folder, this.#folder());
    else if (kind < 0.86 && folder) store.update(folder.id, { trashed: !folder.trashed });
    else if (kind < 0.87 && folder && !this.#isAbove(folder)) store.delete(folder.id);
    else if (kind < 0.92) {
      const theirs = this.pick(this.#all((each) => each.owner === "bob" && each.parent !== null));
      if (theirs?.sharedWith.has("ada")) store.unshare(theirs.id, "ada");
      else if (theirs) store.share(theirs.id, "ada");
    } else if (kind < 0.96) {
      const shortcut = this.pick(this.#all((each) => each.mimeType === mimes.shortcut));
      if (shortcut && this.random() < 0.5) store.delete(shortcut.id);
      else if (shortcut) this.#move(shortcut, this.#folder());
    } else if (kind < 0.98) store.setMember(team, "ada", !store.drives.get(team)?.members.has("ada"));
  }

  /** Who owns what is made there: nobody in a shared drive. */
  #ownerIn(parent: string): string | null {
    if (this.source.file(parent).driveId !== null) return null;
    return this.#chain(this.source.file(parent)).some((each) => each.owner === "bob") ? "bob" : "ada";
  }

  #chain(file: FakeFile): FakeFile[] {
    const parent = file.parent === null ? undefined : this.source.store.files.get(file.parent);
    return [file, ...(parent ? this.#chain(parent) : [])];
  }

  #isAbove(folder: FakeFile): boolean {
    const chosen = this.chosen === null ? undefined : this.source.store.files.get(this.chosen);
    return chosen !== undefined && this.#chain(chosen).includes(folder);
  }

  #move(file: FakeFile, parent: string): void {
    // Not into itself, and the chosen folder is not carried off to somebody else.
    if (this.#chain(this.source.file(parent)).includes(file) || this.#isAbove(file)) return;
    if ((file.owner === "bob") !== (this.#ownerIn(parent) === "bob")) return;
    // What left a shared drive would belong to nobody.
    if (file.driveId !== null && this.source.file(parent).driveId !== file.driveId) return;
    this.source.store.move(file.id, parent);
  }

  /** What ought to be stored: id → text. */
  expected(): Map<string, string> {
    const { store } = this.source;
    const there = (file: FakeFile | undefined): file is FakeFile =>
      file !== undefined && file.parent !== null && store.isVisible("ada", file) && !store.isTrashed(file);
    const wanted = new Set<FakeFile>();
    const enter = (file: FakeFile): void => {
      if (wanted.has(file)) return;
      wanted.add(file);
      const next = isFolder(file) ? this.#all(({ parent }) => parent === file.id).filter(there) : [];
      for (const each of next) enter(each);
      const target = file.mimeType === mimes.shortcut ? store.files.get(file.target ?? "") : undefined;
      if (target && (there(target) || (isFolder(target) && store.isVisible("ada", target) && !store.isTrashed(target))))
        enter(target);
    };
    if (this.chosen === null) for (const file of this.#all(there)) wanted.add(file);
    else if (store.isVisible("ada", this.source.file(this.chosen))) enter(this.source.file(this.chosen));
    const files = [...wanted].filter((file) => !isFolder(file) && file.mimeType !== mimes.shortcut);
    return new Map(files.map((file) => [file.id, file.body.text ?? ""]));
  }

  /** What the service does besides. */
  weather(): void {
    const { source } = this;
    const kind = this.random();
    const times = 1 + Math.floor(this.random() * 3);
    if (kind < 0.12) source.fault({ kind: "status", status: 429, times, retryAfter: "0" });
    else if (kind < 0.3) source.fault({ kind: "status", status: 503, times: times * 8, on: "listing" });
    else if (kind < 0.4) source.fault({ kind: "truncate", times });
    else if (kind < 0.5) source.fault({ kind: "reset", times });
    else if (kind < 0.6) source.fault(lost(times, /\/changes\?/));
    else if (kind < 0.7) source.fault(lost(times, /\/files\?.*pageToken/));
    source.drive.incomplete = this.random() < 0.1;
    const busy = this.random() < 0.6;
    let deeds = 0;
    source.before = () => {
      if (busy && this.random() < 0.3 && ++deeds < 12) this.deed();
    };
  }

  calm(): void {
    this.source.clear();
    this.source.drive.incomplete = false;
    this.source.before = () => {};
  }
}

const lost = (times: number, match: RegExp) =>
  ({
    kind: "answer",
    times,
    match,
    answer: {
      status: 400,
      type: "application/json",
      body: JSON.stringify({
        error: { code: 400, message: "Invalid Value", errors: [{ reason: "invalid", location: "pageToken" }] },
      }),
    },
  }) as const;

const scopes = ["everything", "a chosen folder", "a shared drive"] as const;
type Scope = (typeof scopes)[number];

async function lifeOf(number: number, scope: Scope): Promise<void> {
  const random = chance(seed + number * scopes.length + scopes.indexOf(scope));
  const limited = random() < 0.3 ? 3 + Math.floor(random() * 8) : 10_000;
  let life: Life | undefined;
  const started = await start({
    bench: { documentLimit: limited },
    fill(source) {
      life = new Life(random, source);
      source.drive.mostPerPage = 2 + Math.floor(random() * 10);
      if (scope === "everything") return;
      if (scope === "a shared drive") {
        life.chosen = team;
        return;
      }
      const above = source.add({ name: "Above", mimeType: mimes.folder });
      life.chosen = source.add({ id: "chosen", name: "Chosen", mimeType: mimes.folder, parent: above });
    },
    ...(scope === "a chosen folder" ? { choose: [{ id: "chosen", kind: "folder" as const }] } : {}),
    ...(scope === "a shared drive" ? { choose: [{ id: team, kind: "drive" as const }] } : {}),
  });
  if (!life) throw new Error("no life");
  for (let deeds = 0; deeds < 30; deeds++) life.deed();
  for (let n = 0; n < 5; n++) {
    life.weather();
    await mortalSync(random, started.it, () => life?.deed());
    life.calm();
    for (let deeds = Math.floor(random() * 5); deeds > 0; deeds--) life.deed();
  }
  const said = `VITE_SEED=${seed} (life ${number} of ${scope})`;
  for (let n = 0; n < 14; n++) {
    life.calm();
    const { result } = await started.it.sync();
    expect({ said, result }).toEqual({ said, result: "completed" });
  }
  const sorted = (texts: ReadonlyMap<string, string>) => [...texts].toSorted(([a], [b]) => (a < b ? -1 : 1));
  const held = (await started.it.connection()).held_deletions;
  expect({ said, held, stored: sorted(await started.it.stored()) }).toEqual({
    said,
    held: 0,
    stored: sorted(life.expected()),
  });
  await started.it.close();
  await started.source.close();
}

for (const scope of scopes)
  test(
    `${lives} lives of ${scope}: in the end the documents are the files, whatever happened on the way (C10, C11)`,
    { timeout: 240_000 },
    async () => {
      for (let number = 0; number < lives; number++) await lifeOf(number, scope);
    },
  );
