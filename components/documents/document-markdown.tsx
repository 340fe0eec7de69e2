import Markdown, { type Components } from "react-markdown";
import remarkGfm from "remark-gfm";
import { inert, safeUrl } from "#lib/client/format.ts";

/**
 * A stranger's Markdown as inert text: no raw HTML, links only to the web and without our address as referrer, images
 * as links (loading them would tell a third party who reads what). Headings move down a level: the page has its h1.
 */
const components: Components = {
  a: ({ href, children }) => {
    const url = safeUrl(href);
    return url ? (
      <a href={url} target="_blank" rel="noopener noreferrer nofollow">
        {children}
      </a>
    ) : (
      <span>{children}</span>
    );
  },
  img: ({ src, alt }) => {
    const url = safeUrl(typeof src === "string" ? src : undefined);
    const words = inert(alt ?? "") || "image";
    return url ? (
      <a href={url} target="_blank" rel="noopener noreferrer nofollow">
        [{words}]
      </a>
    ) : (
      <span>[{words}]</span>
    );
  },
  h1: ({ children }) => <h2>{children}</h2>,
  h2: ({ children }) => <h3>{children}</h3>,
  h3: ({ children }) => <h4>{children}</h4>,
  h4: ({ children }) => <h5>{children}</h5>,
  h5: ({ children }) => <h6>{children}</h6>,
  pre: ({ children }) => <pre tabIndex={0}>{children}</pre>,
  table: ({ children }) => (
    <div tabIndex={0} role="group" aria-label="Table" className="overflow-x-auto">
      <table>{children}</table>
    </div>
  ),
  input: ({ checked }) => <span>{checked ? "☑ " : "☐ "}</span>,
};

interface HtmlNode {
  type: string;
  tagName?: string;
  value?: string;
  properties?: Record<string, unknown>;
  children?: HtmlNode[];
}

/** A picture that is a link becomes the link's words: a link inside a link is no HTML. */
function picturesInLinks() {
  const walk = (node: HtmlNode, inLink: boolean): void => {
    node.children = node.children?.map((child) =>
      inLink && child.tagName === "img"
        ? { type: "text", value: `[${inert(String(child.properties?.["alt"] ?? "")) || "image"}]` }
        : child,
    );
    for (const child of node.children ?? []) walk(child, inLink || child.tagName === "a");
  };
  return (tree: HtmlNode) => walk(tree, false);
}

/** Rendered on the server: none of it costs script in the browser. */
export function DocumentMarkdown({ text }: { readonly text: string }) {
  return (
    <div className="prose-doc" dir="auto">
      <Markdown remarkPlugins={[remarkGfm]} rehypePlugins={[picturesInLinks]} skipHtml components={components}>
        {text}
      </Markdown>
    </div>
  );
}
