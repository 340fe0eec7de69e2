import type {
  DatabaseObjectResponse,
  DataSourceObjectResponse,
  PageObjectResponse,
  PartialUserObjectResponse,
} from "@notionhq/client";
import { words, type FakeBlock } from "./blocks.ts";
import { idFor, urlFor } from "./ids.ts";

export type Access = "shared" | "unshared" | "restricted";

export interface FakePage {
  readonly id: string;
  title: string;
  /** id of the page or data source it is in; null = at the top */
  parent: { readonly kind: "page" | "data_source"; readonly id: string } | null;
  blocks: readonly FakeBlock[];
  /** beside its title: as a reply has them, by name */
  properties: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  /** ms since 1970; replies round down to the minute */
  edited: number;
  created: number;
  inTrash: boolean;
  /** known to search */
  listed: boolean;
  access: Access;
  /** changes the reply at last: fields missing, strange or more */
  patch: Readonly<Record<string, unknown>>;
}

export interface FakeDataSource {
  readonly id: string;
  readonly databaseId: string;
  title: string;
  /** the name of the property that holds the title of rows */
  titleProperty: string;
  inTrash: boolean;
  listed: boolean;
  access: Access;
}

export interface PageOptions {
  readonly text?: string;
  readonly blocks?: readonly FakeBlock[];
  /** name of the page it stands in */
  readonly parent?: string;
  /** name of the data source it is a row of */
  readonly source?: string;
  readonly properties?: FakePage["properties"];
  /** the default is one minute after the last edit */
  readonly edited?: Date | number;
  readonly created?: Date | number;
  readonly listed?: boolean;
  readonly access?: Access;
  readonly patch?: FakePage["patch"];
}

const minute = 60_000;
const user: PartialUserObjectResponse = { object: "user", id: idFor("user ada") };

/** Pages, databases and their rows as Notion keeps them. Names are ours; ids follow from them. */
export class Workspace {
  readonly pages = new Map<string, FakePage>();
  readonly sources = new Map<string, FakeDataSource>();
  /** of the newest edit, ms since 1970: each edit comes a minute after the last, beginning a day ago */
  clock = Math.floor(Date.now() / minute) * minute - 24 * 60 * minute;
  #sorted: readonly FakePage[] | null = null;
  #children: ReadonlyMap<string, readonly FakePage[]> | null = null;

  /** Creates or replaces a page. */
  page(name: string, title: string, options: PageOptions = {}): FakePage {
    const id = idFor(name);
    const before = this.pages.get(id);
    const edited = options.edited === undefined ? (this.clock += minute) : Number(options.edited);
    const parent = options.source
      ? { kind: "data_source" as const, id: idFor(options.source) }
      : options.parent
        ? { kind: "page" as const, id: idFor(options.parent) }
        : (before?.parent ?? null);
    const page: FakePage = {
      id,
      title,
      parent,
      blocks: options.blocks ?? (options.text === undefined ? [] : paragraphs(options.text)),
      properties: options.properties ?? before?.properties ?? {},
      edited,
      created: options.created === undefined ? (before?.created ?? edited) : Number(options.created),
      inTrash: false,
      listed: options.listed ?? before?.listed ?? true,
      access: options.access ?? "shared",
      patch: options.patch ?? {},
    };
    this.pages.set(id, page);
    this.changed();
    return page;
  }

  /** Creates a database with one data source of the same name. */
  database(
    name: string,
    title: string,
    options: { parent?: string; listed?: boolean; titleProperty?: string } = {},
  ): FakeDataSource {
    const source: FakeDataSource = {
      id: idFor(name),
      databaseId: idFor(`database ${name}`),
      title,
      titleProperty: options.titleProperty ?? "Name",
      inTrash: false,
      listed: options.listed ?? true,
      access: "shared",
    };
    this.sources.set(source.id, source);
    if (options.parent !== undefined) {
      const page = this.named(options.parent);
      const block = { type: "child_database", payload: { title }, id: source.databaseId };
      page.blocks = [...page.blocks, block];
    }
    return source;
  }

  named(name: string): FakePage {
    const page = this.pages.get(idFor(name));
    if (!page) throw new Error(`there is no page ${name}`);
    return page;
  }

  /** An edit: the page's time moves on. */
  edit(name: string, change: Partial<Omit<FakePage, "id">>): void {
    Object.assign(this.named(name), { edited: (this.clock += minute) }, change);
    this.changed();
  }

  /** Call it after changing pages by hand. */
  changed(): void {
    this.#sorted = null;
    this.#children = null;
  }

  /** Newest edit first. */
  sorted(): readonly FakePage[] {
    this.#sorted ??= [...this.pages.values()].toSorted((a, b) => b.edited - a.edited || (a.id < b.id ? -1 : 1));
    return this.#sorted;
  }

  /** Pages that stand in this one. */
  inside(id: string): readonly FakePage[] {
    if (!this.#children) {
      const children = new Map<string, FakePage[]>();
      for (const page of this.pages.values()) {
        if (page.parent?.kind !== "page") continue;
        const siblings = children.get(page.parent.id);
        if (siblings) siblings.push(page);
        else children.set(page.parent.id, [page]);
      }
      this.#children = children;
    }
    return this.#children.get(id) ?? [];
  }

  /** A page's blocks with the pages that stand in it. */
  blocksOf(page: FakePage): readonly FakeBlock[] {
    const children = this.inside(page.id)
      .filter(({ inTrash }) => !inTrash)
      .map((child): FakeBlock => ({ type: "child_page", payload: { title: child.title }, id: child.id }));
    return [...page.blocks, ...children];
  }

  object(page: FakePage): PageObjectResponse {
    const source = page.parent?.kind === "data_source" ? this.sources.get(page.parent.id) : undefined;
    const titleProperty = { id: "title", type: "title", title: [...words(page.title)] };
    const object = {
      object: "page",
      id: page.id,
      created_time: iso(page.created),
      last_edited_time: iso(page.edited),
      created_by: user,
      last_edited_by: user,
      cover: null,
      icon: null,
      parent:
        page.parent === null
          ? { type: "workspace", workspace: true }
          : page.parent.kind === "page"
            ? { type: "page_id", page_id: page.parent.id }
            : { type: "data_source_id", data_source_id: page.parent.id, database_id: source?.databaseId ?? "" },
      in_trash: page.inTrash,
      archived: page.inTrash,
      is_archived: false,
      is_locked: false,
      properties: { [source?.titleProperty ?? "title"]: titleProperty, ...page.properties },
      url: urlFor(page.title, page.id),
      public_url: null,
    };
    return { ...object, ...page.patch } as PageObjectResponse;
  }

  sourceObject(source: FakeDataSource): DataSourceObjectResponse {
    return {
      object: "data_source",
      id: source.id,
      title: [...words(source.title)],
      description: [],
      parent: { type: "database_id", database_id: source.databaseId },
      database_parent: { type: "workspace", workspace: true },
      is_inline: false,
      in_trash: source.inTrash,
      archived: source.inTrash,
      created_time: iso(0),
      last_edited_time: iso(0),
      created_by: user,
      last_edited_by: user,
      properties: {
        [source.titleProperty]: {
          id: "title",
          name: source.titleProperty,
          description: null,
          type: "title",
          title: {},
        },
      },
      icon: null,
      cover: null,
      url: urlFor(source.title, source.databaseId),
      public_url: null,
    };
  }

  databaseObject(source: FakeDataSource): DatabaseObjectResponse {
    return {
      object: "database",
      id: source.databaseId,
      title: [...words(source.title)],
      description: [],
      parent: { type: "workspace", workspace: true },
      is_inline: false,
      in_trash: source.inTrash,
      archived: source.inTrash,
      is_locked: false,
      created_time: iso(0),
      last_edited_time: iso(0),
      data_sources: [{ id: source.id, name: source.title }],
      icon: null,
      cover: null,
      url: urlFor(source.title, source.databaseId),
      public_url: null,
    };
  }
}

/** Rounded down to the minute, as Notion does. */
export function iso(ms: number): string {
  return new Date(Math.floor(ms / minute) * minute).toISOString();
}

function paragraphs(text: string): readonly FakeBlock[] {
  return text
    .split("\n\n")
    .map((part) => ({ type: "paragraph", payload: { rich_text: words(part), color: "default" } }));
}
