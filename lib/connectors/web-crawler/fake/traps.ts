import { gzipSync } from "node:zlib";
import type { FakeWebsite } from "./website.ts";
import { render } from "./website.ts";

/** What the web does to crawlers, one function each. They add paths to a fake site and link nothing to them. */

const html = { "content-type": "text/html; charset=utf-8" };

/** /calendar?month=2026-01: every month links to the next and the one before, without end. */
export function calendar(site: FakeWebsite): FakeWebsite {
  return site.on(/^\/calendar\?/, (_request, response, url) => {
    const [year = 2026, month = 1] = (url.searchParams.get("month") ?? "2026-01").split("-").map(Number);
    const at = (offset: number): string => {
      const date = new Date(Date.UTC(year, month - 1 + offset, 1));
      return `/calendar?month=${date.toISOString().slice(0, 7)}`;
    };
    response.writeHead(200, html).end(
      render({
        title: `Events of ${year}-${month}`,
        text: `Nothing happens in month ${month} of ${year}.`,
        links: [at(1), at(-1), at(12)],
      }),
    );
  });
}

/** /shop?sid=…: every link carries a new session id. */
export function sessions(site: FakeWebsite): FakeWebsite {
  let count = 0;
  const id = (): string => (++count).toString(16).padStart(32, "0");
  return site.on(/^\/shop/, (_request, response, url) => {
    const name = url.pathname.split("/")[2] ?? "all";
    response.writeHead(200, html).end(
      render({
        title: `Shop ${name}`,
        text: `Goods of the kind ${name}.`,
        links: ["a", "b", "c"].flatMap((item) => [
          `/shop/${item}?PHPSESSID=${id()}`,
          `/shop/${item};jsessionid=${id()}`,
        ]),
      }),
    );
  });
}

/** /deep/…: a relative link that makes the path longer each time. */
export function growingPaths(site: FakeWebsite): FakeWebsite {
  return site.on(/^\/deep\//, (_request, response, url) => {
    const depth = url.pathname.split("/").length;
    response
      .writeHead(200, html)
      .end(render({ title: `Level ${depth}`, text: `This is level ${depth}.`, links: ["a/", "./a/?x=1"] }));
  });
}

/** /list?a=1&a=1…: every page adds a parameter. */
export function growingQueries(site: FakeWebsite): FakeWebsite {
  return site.on(/^\/list\?/, (_request, response, url) => {
    const size = url.search.split("&").length;
    const links = [`/list${url.search}&a=1`, `/list${url.search}&b=${size}`];
    response.writeHead(200, html).end(render({ title: `List ${size}`, text: `Filtered ${size} times.`, links }));
  });
}

/** A page with `count` links. */
export function manyLinks(site: FakeWebsite, path: string, count: number): FakeWebsite {
  const parts = ["<!doctype html><title>Everything</title><p>All there is.</p>"];
  for (let i = 0; i < count; i++) parts.push(`<a href="/item/${i}">`);
  return site
    .page(path, { body: parts.join("") })
    .on(/^\/item\/\d+$/, (_request, response, url) =>
      response.writeHead(200, html).end(render({ title: url.pathname, text: `This is ${url.pathname}.` })),
    );
}

/** A few kilobytes that unpack to `megabytes`. */
export function gzipBomb(site: FakeWebsite, path: string, megabytes: number, type = "text/html"): FakeWebsite {
  return site.page(path, {
    body: gzipSync(Buffer.alloc(megabytes * 1024 * 1024, 32)),
    headers: { "content-encoding": "gzip" },
    type,
  });
}

/** Accepts the request and says nothing, or `drip` a byte now and then. */
export function silence(site: FakeWebsite, pattern: RegExp, drip = false): FakeWebsite {
  return site.on(pattern, (_request, response) => {
    if (!drip) return;
    response.writeHead(200, html);
    const timer = setInterval(() => response.write("<"), 100);
    response.on("close", () => clearInterval(timer));
  });
}

/** Sends half a page and cuts the line. */
export function cut(site: FakeWebsite, pattern: RegExp): FakeWebsite {
  return site.on(pattern, (request, response) => {
    response.writeHead(200, { ...html, "content-length": "4000" });
    response.write("<!doctype html><p>half of it", () => request.socket.destroy());
  });
}
