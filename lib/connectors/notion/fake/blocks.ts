import type { RichTextItemResponse } from "@notionhq/client";

/** A block as a test or the demo writes it; the workspace gives it an id and its times. */
export interface FakeBlock {
  readonly type: string;
  /** what stands under the block's type in a reply */
  readonly payload: Readonly<Record<string, unknown>>;
  readonly children?: readonly FakeBlock[];
  /** absent = made from where it stands */
  readonly id?: string;
}

interface Style {
  readonly bold?: boolean;
  readonly italic?: boolean;
  readonly strikethrough?: boolean;
  readonly code?: boolean;
  readonly href?: string;
}

export function rich(content: string, { href, ...style }: Style = {}): RichTextItemResponse {
  return {
    type: "text",
    text: { content, link: href === undefined ? null : { url: href } },
    annotations: {
      bold: false,
      italic: false,
      strikethrough: false,
      underline: false,
      code: false,
      color: "default",
      ...style,
    },
    plain_text: content,
    href: href ?? null,
  };
}

type Words = string | readonly RichTextItemResponse[];
export const words = (text: Words): readonly RichTextItemResponse[] =>
  typeof text === "string" ? (text === "" ? [] : [rich(text)]) : text;

const withText =
  (type: string, more: Readonly<Record<string, unknown>> = {}) =>
  (text: Words, ...children: readonly FakeBlock[]): FakeBlock => ({
    type,
    payload: { rich_text: words(text), color: "default", ...more },
    ...(children.length > 0 ? { children } : {}),
  });

export const paragraph = withText("paragraph");
export const quote = withText("quote");
export const toggle = withText("toggle");
export const bullet = withText("bulleted_list_item");
export const numbered = withText("numbered_list_item");
export const todo = withText("to_do", { checked: false });
export const done = withText("to_do", { checked: true });
export const callout = withText("callout", { icon: { type: "emoji", emoji: "💡" } });
export const heading = (level: 1 | 2 | 3 | 4, text: Words, ...children: readonly FakeBlock[]): FakeBlock =>
  withText(`heading_${level}`, { is_toggleable: children.length > 0 })(text, ...children);
export const code = (language: string, text: string): FakeBlock => ({
  type: "code",
  payload: { rich_text: words(text), caption: [], language },
});
export const equation = (expression: string): FakeBlock => ({ type: "equation", payload: { expression } });
export const divider: FakeBlock = { type: "divider", payload: {} };
export const bookmark = (url: string, caption = ""): FakeBlock => ({
  type: "bookmark",
  payload: { url, caption: words(caption) },
});
export const embed = (url: string): FakeBlock => ({ type: "embed", payload: { url, caption: [] } });
/** A file kept elsewhere: its address stays. */
export const external = (type: string, url: string, caption = ""): FakeBlock => ({
  type,
  payload: { type: "external", external: { url }, caption: words(caption), ...(type === "file" ? { name: "" } : {}) },
});
/** A file Notion keeps: each reply has another address, good for an hour. */
export const uploaded = (type: string, name: string, caption = ""): FakeBlock => ({
  type,
  payload: { type: "file", uploaded: name, caption: words(caption), ...(type === "file" ? { name } : {}) },
});
export const table = (...rows: readonly (readonly string[])[]): FakeBlock => ({
  type: "table",
  payload: { table_width: rows[0]?.length ?? 0, has_column_header: true, has_row_header: false },
  children: rows.map((cells) => ({ type: "table_row", payload: { cells: cells.map((cell) => words(cell)) } })),
});
export const columns = (...each: readonly (readonly FakeBlock[])[]): FakeBlock => ({
  type: "column_list",
  payload: {},
  children: each.map((children) => ({ type: "column", payload: {}, children })),
});
export const synced = (...children: readonly FakeBlock[]): FakeBlock => ({
  type: "synced_block",
  payload: { synced_from: null },
  children,
});
/** Of a kind nobody has heard of. */
export const strange = (type: string, text: string): FakeBlock => ({ type, payload: { rich_text: words(text) } });
