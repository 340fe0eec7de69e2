/**
 * Addresses that never end: calendars, paths that repeat themselves, queries that multiply. Depth and the document limit
 * bound a crawl anyway; these rules keep the limit for real pages.
 */

export type Trap = "long" | "repeating" | "future" | "crowded";

/** A document id has at most this many bytes. */
const maxAddressBytes = 2048;
const maxSegments = 32;
/** pages that differ only in their query's values */
const perQueryShape = 1_000;
/** pages that differ only in numbers of their path */
const perNumberShape = 20_000;
const maxShapes = 50_000;

const dated = /(?:^|[^0-9])(20[0-9]{2})(?:[-/_]|&?[a-z_]*(?:month|mon|m|mm)=)(0?[1-9]|1[0-2])(?![0-9])/i;
const YEAR_MS = 366 * 86_400_000;

/** a/b/a/b/a/b or a/a/a/a: a sequence of up to four segments, at least three times in a row (four for a single one). */
function repeats(segments: readonly string[]): boolean {
  for (let period = 1; period <= 4; period++) {
    const needed = period === 1 ? 4 : 3 * period;
    let run = period;
    for (let i = period; i < segments.length; i++) {
      run = segments[i] === segments[i - period] ? run + 1 : period;
      if (run >= needed) return true;
    }
  }
  return false;
}

export interface TrapDetector {
  /** Why this address is left out, or null. Counts it when it is let through, so ask once per page. */
  check(key: string): Trap | null;
}

/** @param origin prefix of every key */
export function createTrapDetector(origin: string, now: Date): TrapDetector {
  const shapes = new Map<string, number>();
  const future = now.getTime() + YEAR_MS;
  return {
    check(key) {
      // keys are ASCII: the URL parser encodes everything else
      if (key.length > maxAddressBytes) return "long";
      const target = key.slice(origin.length);
      const question = target.indexOf("?");
      const path = question < 0 ? target : target.slice(0, question);
      const segments = path.split("/").filter((segment) => segment !== "");
      if (segments.length > maxSegments || repeats(segments)) return "repeating";
      const names: string[] = [];
      if (question >= 0) {
        for (const part of target.slice(question + 1).split("&")) names.push(part.split("=", 1)[0] ?? "");
        if (names.length > 24) return "repeating";
        const distinct = new Set(names.map((name) => name.replace(/(?:%5B|\[).*$/i, "")));
        if (names.length - distinct.size >= 4) return "repeating";
      }
      const date = dated.exec(target);
      if (date && Date.UTC(Number(date[1]), Number(date[2]) - 1, 1) > future) return "future";
      const hasNumber = /[0-9]/.test(path);
      if (question < 0 && !hasNumber) return null;
      const shape = `${path.replace(/[0-9]+/g, "0")}?${names.sort().join("&")}`;
      const count = shapes.get(shape) ?? 0;
      if (count >= (question >= 0 ? perQueryShape : perNumberShape)) return "crowded";
      if (count > 0 || shapes.size < maxShapes) shapes.set(shape, count + 1);
      return null;
    },
  };
}

/** Only what is certain: "/packages/chart.js" or "/blob/main/readme.md" can well be pages, so those are asked. */
const binary = new Set(
  (
    "pdf doc docx xls xlsx ppt pptx odt ods odp rtf epub mobi csv tsv ps eps css woff woff2 ttf otf eot swf " +
    "png jpg jpeg gif webp avif svg ico bmp tif tiff psd heic mp3 wav ogg oga flac m4a mp4 m4v webm mov avi mkv mpg mpeg " +
    "zip gz tgz bz2 xz zst 7z rar tar jar war deb rpm apk dmg pkg iso img exe msi bin dll wasm whl gem crate " +
    "asc sha256 md5 torrent ics vcf"
  ).split(" "),
);

/** The file type of an address that is surely no page, by its extension; null if it has to be asked. */
export function otherType(key: string): string | null {
  const query = key.indexOf("?");
  const path = query < 0 ? key : key.slice(0, query);
  const dot = path.lastIndexOf(".");
  if (dot < 0 || dot < path.lastIndexOf("/") || path.length - dot > 8) return null;
  const extension = path.slice(dot + 1).toLowerCase();
  // "/download.php?file=x.pdf" is asked, "/x.pdf?v=2" is not
  return binary.has(extension) ? extension : null;
}
