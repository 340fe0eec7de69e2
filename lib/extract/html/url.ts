/** Resolves the links of one page. Plain relative paths, nearly all there are, go without the URL parser. */
export class LinkResolver {
  private readonly page: string;
  private base: string;
  private origin = "";
  /** base path up to and with its last slash */
  private directory = "";
  /** the base without its fragment: what `#section` is appended to */
  private document = "";
  private readonly seen = new Map<string, string | undefined>();

  constructor(page: string) {
    this.page = page;
    this.base = page;
    this.setBase(page);
  }

  /** `<base href>`; ignored when it is no http(s) URL. */
  useBase(href: string): void {
    const url = parse(href, this.page);
    if (url === undefined) return;
    this.base = url.href;
    this.setBase(url.href);
    this.seen.clear();
  }

  /** The absolute http(s) URL, fragment kept, or undefined for anything a browser would not fetch. */
  resolve(href: string): string | undefined {
    const known = this.seen.get(href);
    if (known !== undefined) return known;
    const url = this.quick(href) ?? parse(href, this.base)?.href;
    if (this.seen.size < 10_000 && url !== undefined) this.seen.set(href, url);
    return url;
  }

  private setBase(href: string): void {
    const url = parse(href, undefined);
    this.origin = url?.origin ?? "";
    this.document = url === undefined ? "" : url.href.slice(0, url.href.length - url.hash.length).replace(/#$/, "");
    this.directory = url === undefined ? "" : url.pathname.slice(0, url.pathname.lastIndexOf("/") + 1);
  }

  private quick(href: string): string | undefined {
    if (this.origin === "" || href.length === 0) return undefined;
    if (href.charCodeAt(0) === HASH) return plain("-" + href) ? this.document + href : undefined;
    let rest = href;
    let directory = this.directory;
    if (href.startsWith(this.origin) && href.charCodeAt(this.origin.length) === 47) {
      rest = href.slice(this.origin.length + 1);
      directory = "/";
    } else if (href.charCodeAt(0) === 47) {
      if (href.charCodeAt(1) === 47) return undefined;
      rest = href.slice(1);
      directory = "/";
    } else {
      while (rest.startsWith("../")) {
        rest = rest.slice(3);
        if (directory.length > 1) directory = directory.slice(0, directory.lastIndexOf("/", directory.length - 2) + 1);
      }
    }
    return rest !== "" && plain(rest) ? this.origin + directory + rest : undefined;
  }
}

/** Path, query and fragment characters the URL parser leaves as they are. */
const untouched = new Uint8Array(128);
for (const c of "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_~.!$&()*+,;=@/") {
  untouched[c.charCodeAt(0)] = 1;
}

const HASH = 35;
const QUESTION = 63;
const DOT = 46;
const SLASH = 47;

function plain(rest: string): boolean {
  let inPath = true;
  let inFragment = false;
  let segmentStart = true;
  for (let i = 0; i < rest.length; i++) {
    const c = rest.charCodeAt(i);
    if (c === HASH && !inFragment) {
      if (i === 0) return false;
      inPath = false;
      inFragment = true;
    } else if (c === QUESTION && inPath) {
      if (i === 0) return false;
      inPath = false;
    } else if (c > 127 || untouched[c] === 0) return false;
    else if (inPath) {
      // A leading dot may be a "." or ".." segment: the parser knows.
      if (segmentStart && c === DOT) return false;
      segmentStart = c === SLASH;
    }
  }
  return true;
}

function parse(href: string, base: string | undefined): URL | undefined {
  const url = base === undefined || base === "" ? URL.parse(href) : URL.parse(href, base);
  return url !== null && (url.protocol === "http:" || url.protocol === "https:") ? url : undefined;
}
