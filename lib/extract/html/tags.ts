/** What the converter does with an element; everything not listed is transparent inline text. */
export type TagKind =
  | "inline"
  | "block"
  | "paragraph"
  | "heading"
  | "list"
  | "item"
  | "quote"
  | "pre"
  | "code"
  | "emphasis"
  | "strong"
  | "strike"
  | "superscript"
  | "quotation"
  | "link"
  | "image"
  | "break"
  | "rule"
  | "table"
  | "rowgroup"
  | "row"
  | "cell"
  | "caption"
  | "term"
  | "definition"
  | "summary"
  | "main"
  | "chrome"
  | "math"
  | "drop"
  | "form"
  | "base"
  | "meta"
  | "linkrel"
  | "frame"
  | "checkbox"
  | "html"
  | "body";

/** How the tokenizer reads what follows the start tag. */
export type RawText = "none" | "skip" | "title";

export interface Tag {
  readonly name: string;
  /** index into per-document counters of open elements */
  readonly id: number;
  readonly kind: TagKind;
  readonly void: boolean;
  /** heading level, else 0 */
  readonly level: number;
  /** its start tag ends an open paragraph */
  readonly endsParagraph: boolean;
  /** end tags inside do not reach past it */
  readonly barrier: boolean;
  /** an end tag of these may cross block elements without closing them (misnested formatting) */
  readonly formatting: boolean;
  readonly raw: RawText;
}

const kinds: Readonly<Record<string, TagKind>> = {
  a: "link",
  area: "frame",
  article: "main",
  aside: "chrome",
  audio: "drop",
  b: "strong",
  base: "base",
  blockquote: "quote",
  body: "body",
  br: "break",
  button: "drop",
  canvas: "drop",
  caption: "caption",
  cite: "emphasis",
  code: "code",
  datalist: "drop",
  dd: "definition",
  del: "strike",
  dfn: "emphasis",
  dialog: "drop",
  dir: "list",
  dt: "term",
  em: "emphasis",
  embed: "drop",
  footer: "chrome",
  form: "form",
  frame: "frame",
  header: "chrome",
  hr: "rule",
  html: "html",
  i: "emphasis",
  iframe: "drop",
  image: "image",
  img: "image",
  input: "checkbox",
  kbd: "code",
  li: "item",
  link: "linkrel",
  listing: "pre",
  main: "main",
  map: "drop",
  math: "math",
  menu: "list",
  meta: "meta",
  nav: "chrome",
  noscript: "drop",
  object: "drop",
  ol: "list",
  optgroup: "drop",
  option: "drop",
  p: "paragraph",
  pre: "pre",
  q: "quotation",
  rp: "drop",
  s: "strike",
  samp: "code",
  select: "drop",
  strike: "strike",
  strong: "strong",
  summary: "summary",
  sup: "superscript",
  svg: "drop",
  table: "table",
  tbody: "rowgroup",
  td: "cell",
  template: "drop",
  textarea: "drop",
  tfoot: "rowgroup",
  th: "cell",
  thead: "rowgroup",
  tr: "row",
  tt: "code",
  ul: "list",
  var: "emphasis",
  video: "drop",
  xmp: "pre",
};
for (let level = 1; level <= 6; level++) (kinds as Record<string, TagKind>)[`h${level}`] = "heading";

const words = (text: string): ReadonlySet<string> => new Set(text.split(" "));
const blocks = words(
  "address center div dl fieldset figcaption figure frameset hgroup legend section details noframes search article",
);
const voids = words("area base br col embed frame hr image img input link meta param source track wbr");
const endParagraph = words(
  "address article aside blockquote center details dialog dir div dl fieldset figcaption figure footer form h1 h2 h3 h4 h5 h6 header hgroup hr listing main menu nav ol p pre search section summary table ul xmp",
);
const barriers = words("table td th caption template html body");
const formatting = words("a b big code em font i nobr s small strike strong tt u span cite dfn kbd samp var sup sub");

const table = new Map<string, Tag>();
function define(name: string, id: number): Tag {
  const kind: TagKind = kinds[name] ?? (blocks.has(name) ? "block" : "inline");
  return {
    name,
    id,
    kind,
    void: voids.has(name),
    level: kind === "heading" ? Number(name[1]) : 0,
    endsParagraph: endParagraph.has(name),
    barrier: barriers.has(name),
    formatting: formatting.has(name),
    raw: /^(script|style|textarea|iframe|noembed|noframes)$/.test(name) ? "skip" : name === "title" ? "title" : "none",
  };
}
for (const name of new Set([
  ...Object.keys(kinds),
  ...blocks,
  ...voids,
  ...endParagraph,
  ...formatting,
  ..."area head script style title noembed noframes span".split(" "),
])) {
  table.set(name, define(name, table.size));
}

/** One shared entry for every element nobody knows; its id counts them together. */
const unknown: Tag = define("", table.size);

/** Number of distinct ids: the size of per-document counters. */
export const tagCount: number = table.size + 1;

/** The tag of a name as written in the source (any case). */
export function tagOf(name: string): Tag {
  return table.get(name) ?? table.get(name.toLowerCase()) ?? unknown;
}
