import { AppError } from "#lib/contract/errors.ts";
import { isStorable } from "#lib/contract/storable.ts";

const segmentCharsMax = 1_024;

/**
 * The parameters of a path template in a URL, decoded. Read from the URL itself, so that an encoded slash stays inside
 * its segment and nothing depends on how the router names things.
 * @throws AppError invalid_request for what no parameter can be
 */
export function pathParams(template: string, url: string): Record<string, string> {
  const segments = segmentsOf(url);
  const entries = template
    .split("/")
    .slice(1)
    .flatMap((part, i) => (part.startsWith("{") ? [[part.slice(1, -1), segments[i] ?? ""]] : []));
  return Object.fromEntries(entries) as Record<string, string>;
}

/** The decoded segments of a URL's path. @throws AppError invalid_request */
export function segmentsOf(url: string): string[] {
  return new URL(url).pathname.split("/").slice(1).map(decodeSegment);
}

function decodeSegment(segment: string): string {
  let decoded: string;
  try {
    decoded = decodeURIComponent(segment);
  } catch {
    throw badPath("is not valid percent-encoded UTF-8");
  }
  if (!isStorable(decoded)) throw badPath("contains characters that are not allowed");
  if (decoded.length > segmentCharsMax) throw badPath("is too long");
  return decoded;
}

function badPath(message: string): AppError {
  return new AppError("invalid_request", "The request is not valid.", { fields: [{ path: "path", message }] });
}
