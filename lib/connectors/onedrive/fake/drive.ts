import { createHash } from "node:crypto";

/** What a drive holds, and in which order it changed. */
export interface FakeItem {
  readonly id: string;
  readonly kind: "folder" | "file" | "package" | "shortcut";
  /** place in a listing of everything */
  readonly order: number;
  name: string;
  /** null = the top of the drive */
  parent: string | null;
  body: () => Buffer;
  mime: string;
  /** of the content: cTag */
  edition: number;
  /** of anything: eTag */
  tag: number;
  created: Date;
  modified: Date;
  /** when it changed last, in the drive's own count */
  change: number;
  deleted: boolean;
  malware: boolean;
  /** laid over what the API says of it */
  extra: Readonly<Record<string, unknown>>;
}

export interface FileOptions {
  readonly parent?: string;
  readonly mime?: string;
  readonly created?: Date;
  readonly modified?: Date;
  readonly malware?: boolean;
  readonly extra?: Readonly<Record<string, unknown>>;
}

const types: Readonly<Record<string, string>> = {
  txt: "text/plain",
  md: "text/markdown",
  html: "text/html",
  csv: "text/csv",
  pdf: "application/pdf",
  jpg: "image/jpeg",
  docx: "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
  xlsx: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
  pptx: "application/vnd.openxmlformats-officedocument.presentationml.presentation",
};

/** One person's drive. */
export class FakeDrive {
  readonly id: string;
  readonly root: string;
  /** in the order they were made */
  readonly ordered: FakeItem[] = [];
  /** every change, oldest first; an item's latest is the one that counts */
  readonly log: { readonly change: number; readonly item: FakeItem }[] = [];
  /** deleting a folder is told of what was in it, too; the service is not reliable there */
  tellsChildren = true;
  now: () => Date;
  readonly #items = new Map<string, FakeItem>();
  #seq = 0;

  constructor(id: string, now: () => Date = () => new Date()) {
    this.id = id;
    this.now = now;
    this.root = this.#add("folder", "root", null, () => Buffer.alloc(0), {}).id;
  }

  /** Number of the last change. */
  get seq(): number {
    return this.#seq;
  }

  get(id: string): FakeItem | undefined {
    return id === "root" ? this.#items.get(this.root) : this.#items.get(id);
  }

  folder(name: string, parent?: string, options: FileOptions = {}): string {
    return this.#add("folder", name, parent ?? this.root, () => Buffer.alloc(0), options).id;
  }

  package(name: string, parent?: string): string {
    return this.#add("package", name, parent ?? this.root, () => Buffer.alloc(0), {}).id;
  }

  /** A shared folder that was added to this drive. */
  shortcut(name: string, parent?: string): string {
    return this.#add("shortcut", name, parent ?? this.root, () => Buffer.alloc(0), {}).id;
  }

  file(name: string, body: string | Buffer | (() => Buffer), options: FileOptions = {}): string {
    const bytes = typeof body === "function" ? body : () => Buffer.from(body);
    return this.#add("file", name, options.parent ?? this.root, bytes, options).id;
  }

  /** New content; an item that was deleted comes back. */
  write(id: string, body: string | Buffer): void {
    const item = this.#require(id);
    item.body = () => Buffer.from(body);
    item.edition++;
    item.modified = this.now();
    this.restore(id);
  }

  restore(id: string): void {
    const item = this.#require(id);
    item.deleted = false;
    this.touch(id);
  }

  rename(id: string, name: string): void {
    this.#require(id).name = name;
    this.touch(id);
  }

  move(id: string, parent: string): void {
    this.#require(id).parent = parent;
    this.touch(id);
  }

  /** As if something about it had changed that is not its content. */
  touch(id: string): void {
    const item = this.#require(id);
    item.tag++;
    item.change = ++this.#seq;
    this.log.push({ change: item.change, item });
  }

  remove(id: string): void {
    const gone = this.#below(id);
    for (const item of gone) {
      item.deleted = true;
      if (item.id === id || this.tellsChildren) this.touch(item.id);
    }
  }

  childrenOf(id: string): readonly FakeItem[] {
    return this.ordered.filter(({ parent, deleted }) => parent === id && !deleted);
  }

  /** From its folder up to the top. */
  ancestorsOf(item: FakeItem): readonly FakeItem[] {
    const found: FakeItem[] = [];
    for (let at = item.parent; at !== null;) {
      const parent = this.#require(at);
      found.push(parent);
      at = parent.parent;
    }
    return found;
  }

  #below(id: string): readonly FakeItem[] {
    const item = this.#require(id);
    return [...this.ordered.filter(({ parent }) => parent === id).flatMap((child) => this.#below(child.id)), item];
  }

  #require(id: string): FakeItem {
    const item = this.get(id);
    if (!item) throw new Error(`there is no item ${id}`);
    return item;
  }

  #add(
    kind: FakeItem["kind"],
    name: string,
    parent: string | null,
    body: () => Buffer,
    options: FileOptions,
  ): FakeItem {
    const order = this.ordered.length + 1;
    const now = this.now();
    const item: FakeItem = {
      id: `${this.id.toUpperCase()}!${100 + order}`,
      kind,
      order,
      name,
      parent,
      body,
      mime: options.mime ?? types[name.slice(name.lastIndexOf(".") + 1)] ?? "application/octet-stream",
      edition: 1,
      tag: 1,
      created: options.created ?? now,
      modified: options.modified ?? now,
      change: ++this.#seq,
      deleted: false,
      malware: options.malware ?? false,
      extra: options.extra ?? {},
    };
    this.ordered.push(item);
    this.#items.set(item.id, item);
    this.log.push({ change: item.change, item });
    return item;
  }
}

/** Looks like the service's own content hash; the same bytes give the same one. */
export function hashOf(body: Buffer): string {
  return createHash("sha1").update(body).digest("base64");
}
