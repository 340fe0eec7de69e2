import { createHash } from "node:crypto";

/** What a fake Drive holds: files, shared drives and their change logs. No HTTP here. */

export const mimes = {
  folder: "application/vnd.google-apps.folder",
  shortcut: "application/vnd.google-apps.shortcut",
  doc: "application/vnd.google-apps.document",
  sheet: "application/vnd.google-apps.spreadsheet",
  slides: "application/vnd.google-apps.presentation",
  form: "application/vnd.google-apps.form",
  text: "text/plain",
} as const;

export interface Slide {
  readonly title: string;
  readonly lines: readonly string[];
  readonly notes?: string;
}

/** What is in a file: text of a Doc or a blob's bytes, the sheets of a Sheet, the slides of Slides. */
export interface Body {
  readonly text?: string;
  readonly bytes?: Uint8Array;
  readonly sheets?: readonly { readonly name: string; readonly rows: readonly (readonly string[])[] }[];
  readonly slides?: readonly Slide[];
}

export interface FakeFile {
  readonly id: string;
  name: string;
  mimeType: string;
  parent: string | null;
  driveId: string | null;
  /** account id; null in shared drives */
  owner: string | null;
  /** accounts it is shared with directly */
  readonly sharedWith: Set<string>;
  trashed: boolean;
  createdMs: number;
  modifiedMs: number;
  version: number;
  body: Body;
  target: string | null;
  /** refuses its content with this reason */
  refuses: string | null;
  /** formats whose export is over Google's 10 MB */
  readonly tooLarge: Set<string>;
  /** laid over the JSON as sent; undefined takes a field away */
  odd: Readonly<Record<string, unknown>>;
}

export type NewFile = Partial<Omit<FakeFile, "id" | "sharedWith" | "tooLarge">> & {
  readonly id?: string;
  readonly sharedWith?: Iterable<string>;
  readonly tooLarge?: Iterable<string>;
};

export interface FakeDrive {
  readonly id: string;
  readonly name: string;
  readonly members: Set<string>;
}

export interface LoggedChange {
  readonly seq: number;
  readonly kind: "file" | "drive";
  readonly id: string;
  /** true = it left this log: deleted, or access was lost */
  readonly removed: boolean;
  readonly timeMs: number;
}

export const isFolder = (file: FakeFile): boolean => file.mimeType === mimes.folder;
export const isNative = (file: FakeFile): boolean => file.mimeType.startsWith("application/vnd.google-apps.");

export class DriveStore {
  readonly files = new Map<string, FakeFile>();
  readonly drives = new Map<string, FakeDrive>();
  now: () => number;
  /** per log ("user:ada", "drive:0A…"): the newest entry of each file; older ones are replaced, as Drive does */
  readonly #logs = new Map<string, Map<string, LoggedChange>>();
  #seq = 1;
  #lastMs = 0;
  #made = 0;

  constructor(now: () => number) {
    this.now = now;
  }

  get nextSeq(): number {
    return this.#seq;
  }

  /** The My Drive folder of an account, made when first asked for. */
  root(account: string): string {
    const id = `root-${account}`;
    if (!this.files.has(id))
      this.#insert({ id, name: "My Drive", mimeType: mimes.folder, owner: account, parent: null });
    return id;
  }

  add(file: NewFile): FakeFile {
    const parent = file.parent === undefined ? this.root(file.owner ?? "ada") : file.parent;
    const driveId = file.driveId ?? (parent === null ? null : (this.files.get(parent)?.driveId ?? null));
    const made = this.#insert({ ...file, parent, driveId });
    this.log(made);
    return made;
  }

  addDrive(id: string, name: string, ...members: string[]): FakeDrive {
    const drive = { id, name, members: new Set(members) };
    this.drives.set(id, drive);
    this.#insert({ id, name, mimeType: mimes.folder, parent: null, driveId: id, owner: null });
    for (const member of members) this.#write(`user:${member}`, "drive", id, false);
    return drive;
  }

  /** A member joins or leaves: one entry about the drive, none about its files. */
  setMember(driveId: string, account: string, member: boolean): void {
    const { members } = this.#drive(driveId);
    if (member) members.add(account);
    else members.delete(account);
    this.#write(`user:${account}`, "drive", driveId, !member);
  }

  /** Changes properties; content and time only when given. */
  update(id: string, change: Partial<Omit<FakeFile, "id" | "version" | "sharedWith" | "tooLarge">>): FakeFile {
    const file = this.get(id);
    const before = this.#logsOf(file);
    Object.assign(file, change, change.body === undefined ? {} : { modifiedMs: change.modifiedMs ?? this.#tick() });
    file.version++;
    if (change.driveId !== undefined) this.#carry(file);
    this.log(file, before);
    return file;
  }

  /** One entry in the log, on what was moved; nothing about what is in it. */
  move(id: string, parent: string): void {
    this.update(id, { parent, driveId: this.get(parent).driveId });
  }

  share(id: string, account: string): void {
    const file = this.get(id);
    file.sharedWith.add(account);
    file.version++;
    this.log(file);
  }

  unshare(id: string, account: string): void {
    const file = this.get(id);
    const before = this.#logsOf(file);
    file.sharedWith.delete(account);
    file.version++;
    this.log(file, before);
  }

  /** Gone for good, with everything in it; one entry, on what was deleted. */
  delete(id: string): void {
    const file = this.files.get(id);
    if (!file) return;
    const logs = this.#logsOf(file);
    for (const each of this.#below(id)) this.files.delete(each.id);
    this.files.delete(id);
    for (const log of logs) this.#write(log, "file", id, true);
  }

  get(id: string): FakeFile {
    const file = this.files.get(id);
    if (!file) throw new Error(`there is no ${id}`);
    return file;
  }

  /** Trashed itself or by a folder above it. */
  isTrashed(file: FakeFile): boolean {
    return this.#chain(file).some((each) => each.trashed);
  }

  isVisible(account: string, file: FakeFile): boolean {
    if (file.driveId !== null && this.drives.get(file.driveId)?.members.has(account)) return true;
    return this.#chain(file).some((each) => each.owner === account || each.sharedWith.has(account));
  }

  /** Whether the account sees it as "shared with me" at the top. */
  isSharedTop(account: string, file: FakeFile): boolean {
    return file.owner !== account && file.sharedWith.has(account);
  }

  /** Entries of a log from `since` on, oldest first. */
  changes(log: string, since: number): LoggedChange[] {
    return [...(this.#logs.get(log)?.values() ?? [])]
      .filter(({ seq }) => seq >= since)
      .toSorted((a, b) => a.seq - b.seq);
  }

  /** Writes an entry about the file wherever it is of interest, and one about its loss where it no longer is. */
  log(file: FakeFile, before: readonly string[] = []): void {
    const now = this.#logsOf(file);
    for (const log of now) this.#write(log, "file", file.id, false);
    for (const log of before) if (!now.includes(log)) this.#write(log, "file", file.id, true);
  }

  #write(log: string, kind: LoggedChange["kind"], id: string, removed: boolean): void {
    let entries = this.#logs.get(log);
    if (!entries) this.#logs.set(log, (entries = new Map()));
    entries.set(`${kind}:${id}`, { seq: this.#seq++, kind, id, removed, timeMs: this.now() });
  }

  /** A member's own log does not tell of what is in shared drives: each drive has its own. */
  #logsOf(file: FakeFile): string[] {
    const accounts = new Set(
      this.#chain(file).flatMap((each) => [...each.sharedWith, ...(each.owner === null ? [] : [each.owner])]),
    );
    const drive = file.driveId === null ? [] : [`drive:${file.driveId}`];
    return [...drive, ...[...accounts].map((account) => `user:${account}`)];
  }

  #chain(file: FakeFile): FakeFile[] {
    const chain = [file];
    for (let at: FakeFile | undefined = file; at?.parent && chain.length < 100;) {
      at = this.files.get(at.parent);
      if (at) chain.push(at);
    }
    return chain;
  }

  #below(id: string): FakeFile[] {
    const children = [...this.files.values()].filter(({ parent }) => parent === id);
    return [...children, ...children.flatMap((child) => this.#below(child.id))];
  }

  #carry(file: FakeFile): void {
    for (const each of this.#below(file.id)) each.driveId = file.driveId;
    if (file.driveId !== null) file.owner = null;
  }

  #drive(id: string): FakeDrive {
    const drive = this.drives.get(id);
    if (!drive) throw new Error(`there is no drive ${id}`);
    return drive;
  }

  /** Every edit has its own millisecond, so that orders are clear; two may be set equal on purpose. */
  #tick(): number {
    return (this.#lastMs = Math.max(this.now(), this.#lastMs + 1));
  }

  #insert(file: NewFile): FakeFile {
    const at = this.#tick();
    const { sharedWith, tooLarge, id, ...rest } = file;
    const made: FakeFile = {
      id:
        id ??
        `f${String(++this.#made).padStart(6, "0")}-${createHash("sha1").update(String(this.#made)).digest("hex").slice(0, 20)}`,
      name: "Untitled",
      mimeType: mimes.text,
      parent: null,
      driveId: null,
      owner: rest.driveId ? null : "ada",
      trashed: false,
      createdMs: at,
      modifiedMs: at,
      version: 1,
      body: {},
      target: null,
      refuses: null,
      odd: {},
      ...rest,
      sharedWith: new Set(sharedWith),
      tooLarge: new Set(tooLarge),
    };
    this.files.set(made.id, made);
    return made;
  }
}

/** A blob's bytes. */
export function bytesOf(file: FakeFile): Buffer {
  return Buffer.from(file.body.bytes ?? Buffer.from(file.body.text ?? ""));
}
