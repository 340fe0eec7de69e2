/**
 * What extraction keeps of real documentation sites, what navigation it leaves in, and what it costs, beside
 * linkedom + Readability + Turndown on the same pages.
 *
 *   npm --prefix bench/peers ci
 *   node bench/extract-quality.ts --dir /tmp/sites [--fetch] [--pages 150] [--ours]
 *
 * --fetch downloads the Debian packages into the folder first (apt-get download, dpkg -x); --ours skips the peer.
 *
 * The judge knows nothing of our extractor: for every site the selector of its content and those of its navigation are
 * written down here by hand, references are counted by linkedom in the raw HTML inside the content, and a page is noisy
 * when link texts that only its navigation has turn up in the Markdown.
 */
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, readdirSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { parseArgs } from "node:util";
import { Boilerplate } from "../lib/connectors/web-crawler/boilerplate.ts";
import { readPage } from "../lib/extract/html/page.ts";

interface Site {
  readonly name: string;
  readonly generator: string;
  readonly package: string;
  /** folder of the pages, under the unpacked package or absolute */
  readonly folder: string;
  readonly content: string;
  readonly navigation: string;
}

const sites: readonly Site[] = [
  {
    name: "postgresql",
    generator: "DocBook",
    package: "postgresql-doc-15",
    folder: "usr/share/doc/postgresql-doc-15/html",
    content: "body > div:not(.navheader):not(.navfooter)",
    navigation: ".navheader, .navfooter",
  },
  {
    name: "python",
    generator: "Sphinx, pydoctheme",
    package: "python3.11-doc",
    folder: "usr/share/doc/python3.11/html",
    content: "div.body",
    navigation: ".related, .sphinxsidebar, .footer, .mobile-nav, .menu-wrapper",
  },
  {
    name: "debian-policy",
    generator: "Sphinx, classic",
    package: "debian-policy",
    folder: "usr/share/doc/debian-policy/policy.html",
    content: "div.body",
    navigation: ".related, .sphinxsidebar, .footer",
  },
  {
    name: "developers-reference",
    generator: "Sphinx, read the docs",
    package: "developers-reference",
    folder: "usr/share/developers-reference",
    content: "div[itemprop=articleBody], div.body",
    navigation: ".wy-nav-side, .wy-nav-top, .wy-breadcrumbs, footer, .related, .sphinxsidebar, .footer",
  },
  {
    name: "git",
    generator: "AsciiDoc",
    package: "git-doc",
    folder: "usr/share/doc/git/html",
    content: "#content",
    navigation: "#footer",
  },
  {
    name: "diffutils",
    generator: "Texinfo",
    package: "diffutils-doc",
    folder: "usr/share/doc/diffutils",
    content: "body > div:not(.header):not(.nav-panel)",
    navigation: ".header, .nav-panel",
  },
  {
    name: "apache",
    generator: "own XSLT",
    package: "apache2-doc",
    folder: "usr/share/doc/apache2-doc/manual/en",
    content: "#page-content",
    navigation: "#page-header, #path, #footer, .toplang, .bottomlang, .up",
  },
  {
    name: "eigen",
    generator: "Doxygen",
    package: "libeigen3-doc",
    folder: "usr/share/doc/libeigen3-dev/html",
    content: "div.contents",
    navigation: "#top, #nav-path, #side-nav, .summary, address.footer, #titlearea",
  },
  {
    name: "gtk",
    generator: "gtk-doc",
    package: "libgtk-3-doc",
    folder: "usr/share/doc/libgtk-3-doc/gtk3",
    content: "body > div:not(.footer)",
    navigation: "table.navigation, .footer",
  },
  {
    name: "java",
    generator: "javadoc 17",
    package: "openjdk-17-doc",
    folder: "usr/share/doc/openjdk-17-jre-headless/api/java.base/java/util",
    content: "main",
    navigation: "header[role=banner], nav, footer",
  },
  {
    name: "syn",
    generator: "rustdoc",
    package: "cargo-doc",
    folder: "usr/share/doc/cargo/doc/syn",
    content: "#main-content",
    navigation: "nav.sidebar, nav.mobile-topbar, nav.sub, .sidebar",
  },
  {
    name: "mkdocs",
    generator: "MkDocs",
    package: "mkdocs-doc",
    folder: "usr/share/doc/mkdocs/html",
    content: "[role=main]",
    navigation: ".navbar, .bs-sidebar, footer, #mkdocs_search_modal, #mkdocs_keyboard_modal",
  },
  {
    name: "libxml2",
    generator: "hand-made layout tables",
    package: "libxml2-doc",
    folder: "usr/share/doc/libxml2/html",
    content: "td[valign=top][bgcolor='#8b7765']:not([width])",
    navigation: "td[width='200'], table.navigation",
  },
  {
    name: "debmake",
    generator: "DocBook XHTML",
    package: "debmake-doc",
    folder: "usr/share/doc/debmake-doc/html",
    content: "body > div:not(.navheader):not(.navfooter)",
    navigation: ".navheader, .navfooter",
  },
  {
    name: "cmake",
    generator: "Sphinx, own theme",
    package: "cmake-doc",
    folder: "usr/share/doc/cmake-data/html",
    content: "div.body",
    navigation: ".related, .sphinxsidebar, .footer",
  },
];

const { values } = parseArgs({
  options: {
    dir: { type: "string" },
    fetch: { type: "boolean", default: false },
    ours: { type: "boolean", default: false },
    pages: { type: "string", default: "150" },
    only: { type: "string" },
    peers: { type: "string" },
    show: { type: "string" },
  },
});
if (values.dir === undefined)
  throw new Error("Say where the packages are: --dir <folder> (with --fetch to download them).");
const root = path.resolve(values.dir);
const require = createRequire(path.resolve(values.peers ?? path.join(import.meta.dirname, "peers"), "package.json"));

interface DomNode {
  readonly textContent: string;
  readonly nodeType: number;
  readonly nodeName: string;
  readonly childNodes: ArrayLike<DomNode>;
  readonly children: ArrayLike<DomNode>;
  querySelectorAll(selector: string): Iterable<DomNode>;
  querySelector(selector: string): DomNode | null;
  getAttribute(name: string): string | null;
  closest(selector: string): DomNode | null;
  contains(other: DomNode): boolean;
  remove(): void;
}
const { parseHTML } = require("linkedom") as { parseHTML(html: string): { document: DomNode } };

interface Reference {
  headings: number;
  tables: number;
  code: number;
  links: number;
  words: readonly string[];
  /** link texts only the navigation has */
  navigation: readonly string[];
}

interface Sample {
  readonly url: string;
  readonly html: string;
  readonly reference: Reference;
}

const blockElements =
  /^(?:ADDRESS|ARTICLE|ASIDE|BLOCKQUOTE|BODY|BR|DD|DETAILS|DIV|DL|DT|FIGCAPTION|FIGURE|FOOTER|H[1-6]|HEADER|HR|LI|MAIN|NAV|OL|P|PRE|SECTION|SUMMARY|TABLE|TBODY|TD|TH|THEAD|TR|UL)$/;

/** Text as a reader sees it: block elements separate words, inline ones do not. */
function textOf(node: DomNode): string {
  if (node.nodeType === 3) return node.textContent;
  let text = "";
  for (const child of Array.from(node.childNodes)) text += textOf(child);
  return node.nodeName !== undefined && blockElements.test(node.nodeName.toUpperCase()) ? ` ${text} ` : text;
}

const squeeze = (text: string) => text.replace(/\s+/g, " ").trim();
const wordsOf = (text: string) => new Set(text.toLowerCase().match(/[a-z]{4,}/g) ?? []);

/** A table of data: rows and columns of short content. */
function isData(table: DomNode): boolean {
  if (table.querySelector("table, h1, h2, h3, h4, pre") !== null) return false;
  const rows = [...table.querySelectorAll("tr")].filter((row) => squeeze(row.textContent) !== "");
  const columns = Math.max(0, ...rows.map((row) => [...row.querySelectorAll("td, th")].length));
  return rows.length > 1 && columns > 1;
}

function refer(html: string, site: Site): Reference | undefined {
  const { document } = parseHTML(html);
  for (const dropped of document.querySelectorAll("script, style, noscript, template, svg, .headerlink, [hidden]"))
    dropped.remove();
  const navigation = [...document.querySelectorAll(site.navigation)];
  const navigationLinks = navigation.flatMap((part) =>
    [...part.querySelectorAll("a")].map((a) => squeeze(a.textContent)),
  );
  for (const part of navigation) part.remove();
  const roots = [...document.querySelectorAll(site.content)];
  const content = roots.filter((part) => !roots.some((other) => other !== part && other.contains(part)));
  if (content.length === 0) return undefined;
  const all = (selector: string) => content.flatMap((part) => [...part.querySelectorAll(selector)]);
  const text = content.map(textOf).join(" ");
  return {
    headings: all("h1, h2, h3, h4, h5, h6").filter((h) => squeeze(h.textContent) !== "").length,
    tables: all("table").filter((table) => table.closest("pre") === null && isData(table)).length,
    code: all("pre").filter((pre) => squeeze(pre.textContent) !== "" && pre.closest(".linenos") === null).length,
    links: all("a[href]").filter(
      (a) =>
        a.closest("pre, .fragment") === null &&
        !/^(?:javascript|mailto|data):/i.test(a.getAttribute("href") ?? "") &&
        !/^[¶§#]?$/.test(squeeze(a.textContent)),
    ).length,
    words: [...wordsOf(text)],
    navigation: [...new Set(navigationLinks)].filter((label) => label.length >= 6 && !squeeze(text).includes(label)),
  };
}

function load(site: Site): Sample[] {
  const folder = [
    path.join(root, site.package, site.folder),
    path.join(root, "sites", site.package, site.folder),
    `/${site.folder}`,
  ].find(existsSync);
  if (folder === undefined) {
    console.error(`skipped ${site.name}: ${site.folder} is not there (use --fetch)`);
    return [];
  }
  const files = readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((name) => /\.html?$/.test(name) && !/(?:^|\/)(?:search|genindex|py-modindex|_modules|class-use)/.test(name))
    .sort();
  const every = Math.max(1, Math.floor(files.length / Number(values.pages)));
  const samples: Sample[] = [];
  for (const name of files.filter((_, i) => i % every === 0)) {
    const html = readFileSync(path.join(folder, name), "utf8");
    if (html.length < 1500 || html.length > 600_000) continue;
    const reference = refer(html, site);
    if (reference !== undefined && reference.words.length >= 30)
      samples.push({ url: `https://docs.example/${name}`, html, reference });
  }
  return samples;
}

interface Score {
  headings: [number, number];
  tables: [number, number];
  code: [number, number];
  links: [number, number];
  words: [number, number];
  noisy: number;
  pages: number;
  milliseconds: number;
  bytes: number;
}

const counters: Readonly<Record<"headings" | "tables" | "code" | "links", RegExp>> = {
  headings: /^[ >]*(?:(?:[-*]|\d+\.) +)*#{1,6} \S/gm,
  tables: /^[ >]*(?:[-*] +)*\|(?: *:?-{2,}:? *\|)+ *$/gm,
  code: /^[ >]*(?:(?:[-*]|\d+\.) +)*(?:`{3,}|~{3,})/gm,
  links: /(?<!!)\[(?:[^\]]|\\\])+\]\(/g,
};

function judge(samples: readonly Sample[], markdowns: readonly string[], milliseconds: number): Score {
  const score: Score = {
    headings: [0, 0],
    tables: [0, 0],
    code: [0, 0],
    links: [0, 0],
    words: [0, 0],
    noisy: 0,
    pages: samples.length,
    milliseconds,
    bytes: samples.reduce((sum, { html }) => sum + html.length, 0),
  };
  samples.forEach(({ reference, url }, i) => {
    const markdown = markdowns[i] ?? "";
    const lost: string[] = [];
    for (const kind of ["headings", "tables", "code", "links"] as const) {
      const found = (markdown.match(counters[kind]) ?? []).length;
      const got = kind === "code" ? Math.floor(found / 2) : found;
      score[kind][0] += Math.min(got, reference[kind]);
      score[kind][1] += reference[kind];
      if (got < reference[kind] * 0.9) lost.push(`${kind} ${got}/${reference[kind]}`);
    }
    const have = wordsOf(markdown.replace(/\]\([^)\s]*\)/g, "] ").replaceAll("\\", ""));
    const kept = reference.words.filter((word) => have.has(word)).length;
    score.words[0] += kept;
    score.words[1] += reference.words.length;
    if (kept < reference.words.length * 0.9) lost.push(`words ${kept}/${reference.words.length}`);
    const plain = squeeze(markdown.replace(/\]\([^)\s]*\)/g, "").replace(/[[\]\\`*]/g, ""));
    const left = reference.navigation.filter((label) => plain.includes(label.replace(/[[\]\\`*]/g, "")));
    const noisy = left.length > 0 && left.length >= Math.min(3, reference.navigation.length * 0.3);
    if (noisy) score.noisy++;
    if (values.show !== undefined && (lost.length > 0 || noisy)) {
      console.log(`   ${url} ${lost.join(", ")} ${noisy ? `noisy: ${left.slice(0, 4).join(" / ")}` : ""}`);
    }
  });
  return score;
}

type Converter = (samples: readonly Sample[]) => string[];

/** As the crawler does it: every page is read, then cleaned of what the site repeats. */
const ours: Converter = (samples) => {
  const boilerplate = new Boilerplate(null);
  const pages = samples.map(({ html, url }) => readPage(html, url));
  pages.forEach((page, i) => boilerplate.observe(page, new URL(samples[i]?.url ?? "").pathname));
  boilerplate.settle();
  return pages.map((page) => boilerplate.clean(page));
};

function peer(): Converter {
  const { Readability } = require("@mozilla/readability") as {
    Readability: new (document: DomNode) => { parse(): { content: string } | null };
  };
  const Turndown = require("turndown") as new (options: object) => {
    use(plugin: unknown): void;
    turndown(html: string): string;
  };
  const { gfm } = require("turndown-plugin-gfm") as { gfm: unknown };
  const turndown = new Turndown({ headingStyle: "atx", codeBlockStyle: "fenced" });
  turndown.use(gfm);
  return (samples) => {
    let failed = 0;
    const markdowns = samples.map(({ html }) => {
      try {
        const article = new Readability(parseHTML(html).document).parse();
        return article === null ? "" : turndown.turndown(article.content);
      } catch {
        failed++;
        return "";
      }
    });
    if (failed > 0) console.log(`  (the peer failed on ${failed} pages)`);
    return markdowns;
  };
}

function fetchPackages(): void {
  mkdirSync(root, { recursive: true });
  for (const name of new Set(sites.map((site) => site.package))) {
    if (existsSync(path.join(root, name))) continue;
    execFileSync("apt-get", ["download", name], { cwd: root, stdio: "ignore" });
    const file = readdirSync(root).find((entry) => entry.startsWith(`${name}_`) && entry.endsWith(".deb"));
    if (file === undefined) throw new Error(`The package ${name} cannot be downloaded.`);
    execFileSync("dpkg", ["-x", path.join(root, file), path.join(root, name)]);
  }
}

function timed(
  convert: Converter,
  samples: readonly Sample[],
  rounds: number,
): { markdowns: string[]; milliseconds: number } {
  const times: number[] = [];
  let markdowns: string[] = [];
  for (let round = 0; round < rounds; round++) {
    const before = process.cpuUsage();
    markdowns = convert(samples);
    const used = process.cpuUsage(before);
    times.push((used.user + used.system) / 1000);
  }
  times.sort((a, b) => a - b);
  return { markdowns, milliseconds: times[Math.floor(times.length / 2)] ?? 0 };
}

const percent = ([kept, of]: readonly [number, number]) => (of === 0 ? "–" : `${((100 * kept) / of).toFixed(1)}`);

function print(label: string, score: Score): void {
  const { pages, milliseconds, bytes, noisy } = score;
  const cells = [
    label.padEnd(32),
    String(pages).padStart(5),
    (bytes / pages / 1000).toFixed(0).padStart(6),
    ...(["headings", "tables", "code", "links", "words"] as const).map((kind) => percent(score[kind]).padStart(8)),
    `${((100 * noisy) / pages).toFixed(1)}`.padStart(8),
    (milliseconds / pages).toFixed(2).padStart(8),
    ((milliseconds / bytes) * 39_000).toFixed(2).padStart(8),
  ];
  console.log(cells.join(" "));
}

function total(scores: readonly Score[]): Score {
  const sum = (kind: "headings" | "tables" | "code" | "links" | "words"): [number, number] => [
    scores.reduce((n, score) => n + score[kind][0], 0),
    scores.reduce((n, score) => n + score[kind][1], 0),
  ];
  const add = (kind: "noisy" | "pages" | "milliseconds" | "bytes") => scores.reduce((n, score) => n + score[kind], 0);
  return {
    headings: sum("headings"),
    tables: sum("tables"),
    code: sum("code"),
    links: sum("links"),
    words: sum("words"),
    noisy: add("noisy"),
    pages: add("pages"),
    milliseconds: add("milliseconds"),
    bytes: add("bytes"),
  };
}

if (values.fetch) fetchPackages();
console.log(
  `${"% kept".padEnd(32)} ${"pages".padStart(5)} ${"kB".padStart(6)} ${["headings", "tables", "code", "links", "words", "noisy %", "ms/page", "ms/39kB"].map((h) => h.padStart(8)).join(" ")}`,
);
const converters: [string, Converter][] = [["ours", ours]];
if (!values.ours) converters.push(["linkedom+readability+turndown", peer()]);
const totals = new Map<string, Score[]>();
for (const site of sites) {
  if (values.only !== undefined && site.name !== values.only) continue;
  const samples = load(site);
  if (samples.length === 0) continue;
  console.log(`${site.name} (${site.generator})`);
  for (const [name, convert] of converters) {
    const { markdowns, milliseconds } = timed(convert, samples, name === "ours" ? 5 : 1);
    const score = judge(samples, markdowns, milliseconds);
    print(`  ${name}`, score);
    totals.set(name, [...(totals.get(name) ?? []), score]);
  }
}
console.log("all");
for (const [name, scores] of totals) print(`  ${name}`, total(scores));
