import type { Attributes } from "./tokens.ts";

/**
 * Names that mark page furniture. A guess by name is only a flag on the blocks: what is finally dropped is decided
 * where the whole page, and the whole site, is known (lib/extract/select.ts).
 */
const roles = new Set([
  "navigation",
  "search",
  "banner",
  "contentinfo",
  "complementary",
  "menu",
  "menubar",
  "toolbar",
  "dialog",
  "alertdialog",
]);

/** Whole words of a class or id, after splitting at case changes, `-`, `_` and digits. */
const chromeWords = new Set(
  (
    "nav navbar navheader navfooter navigation navi navlinks navpanel navrow navpath navtree navbuttons topnav subnav bottomnav " +
    "sidenav menu menubar submenu sidebar sphinxsidebar breadcrumb breadcrumbs crumbs footer masthead topbar toolbar " +
    "pagination pager paginator cookie cookies consent share sharing social advert advertisement ads sponsor " +
    "sponsors newsletter subscribe skiplink skipnav headerlink permalink editlink related relbar " +
    "searchbox searchform quicksearch globaltoc localtoc contentinfo copyright rightsidebar leftsidebar"
  ).split(" "),
);

/** Exact class or id tokens; as parts of longer names they say nothing (`card-header`, `page-top`). */
const chromeTokens = new Set(
  (
    "site-header global-header top-header main-header page-footer search search-box prev-next next-prev " +
    "nextprev prevnext skip-link skip-to-content skip-to-main edit-page edit-this-page edit-link on-this-page " +
    "page-nav page-toc table-of-contents-nav tocsidebar toc-sidebar side-bar nav-top nav-bottom " +
    "table-of-contents-floating back-to-top backtotop language-switcher version-switcher theme-toggle"
  ).split(" "),
);

/** A name with one of these describes the page around the furniture (`with-sidebar`, `nav-open`, `menu-layout`). */
const layoutWords = new Set(
  "with has no without layout open opened closed enabled disabled body content contents fixed hidden visible is js".split(
    " ",
  ),
);

/** Line numbers beside code and permalinks beside headings: never content. */
const dropTokens = new Set(
  "linenos lineno linenums-column linenumber linenumbers line-number gutter rouge-gutter headerlink hash-link anchorjs-link heading-anchor anchor-link header-anchor sr-only-focusable copybtn copy-button clipboard-copy mw-editsection skip-link skiplink screen-reader-shortcut".split(
    " ",
  ),
);

const CHROME = 1;
const DROP = 2;
/** a header by name: the page's own outside of the content, a section's inside */
const HEADER = 4;

/** Class lists repeat thousands of times in a site: the verdict is remembered, within bounds. */
const remembered = new Map<string, number>();
const MAX_REMEMBERED = 4096;

function judgeToken(token: string): number {
  const lower = token.toLowerCase();
  if (dropTokens.has(lower)) return DROP;
  if (lower === "header") return HEADER;
  if (chromeTokens.has(lower)) return CHROME;
  const parts = token
    .replace(/([a-z0-9])([A-Z])/g, "$1-$2")
    .toLowerCase()
    .split(/[^a-z]+/);
  let verdict = 0;
  for (const part of parts) {
    if (layoutWords.has(part)) return 0;
    if (chromeWords.has(part)) verdict = CHROME;
  }
  return verdict;
}

function judge(names: string): number {
  const known = remembered.get(names);
  if (known !== undefined) return known;
  let verdict = 0;
  if (names.length <= 512) for (const token of names.split(/\s+/)) if (token !== "") verdict |= judgeToken(token);
  if (remembered.size >= MAX_REMEMBERED) remembered.clear();
  if (names.length <= 128) remembered.set(names, verdict);
  return verdict;
}

function verdictOf(attributes: Attributes): number {
  let verdict = 0;
  if (attributes.class !== undefined) verdict |= judge(attributes.class);
  if (attributes.id !== undefined) verdict |= judge(attributes.id);
  return verdict;
}

/** Furniture by role, class or id. `inContent`: inside the main element, where a header is a section's own. */
export function looksLikeChrome(attributes: Attributes, inContent: boolean): boolean {
  if (attributes.role !== undefined && roles.has(attributes.role)) return true;
  return (verdictOf(attributes) & (inContent ? CHROME : CHROME | HEADER)) !== 0;
}

/** Not shown to a reader, or an ornament of the page: dropped for good. */
export function isHidden(attributes: Attributes): boolean {
  if (attributes.hidden !== undefined && attributes.hidden !== "until-found") return true;
  if (attributes.ariaHidden === "true") return true;
  if (attributes.style !== undefined && /display\s*:\s*none|visibility\s*:\s*hidden/i.test(attributes.style))
    return true;
  return attributes.class !== undefined && (judge(attributes.class) & DROP) !== 0;
}

/** Ids and classes generators give to the element that holds the content. */
const mainTokens = new Set(
  "main-content maincontent main_content page-content pagecontent markdown-body article-body articlebody post-content entry-content mw-content-text bodycontent content-body doc-content doccontent docs-content documentwrapper".split(
    " ",
  ),
);

/** The main part of the page by role, id or class. */
export function looksLikeMain(attributes: Attributes): boolean {
  if (attributes.role === "main") return true;
  if (attributes.id !== undefined && (attributes.id === "content" || mainTokens.has(attributes.id.toLowerCase())))
    return true;
  return attributes.class !== undefined && mainTokens.has(attributes.class.toLowerCase());
}
