import { createHash, createHmac, timingSafeEqual } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";

/**
 * The server's side of SigV4, written from the specification and not from our signer, so that the two check each other.
 * Strict: everything a careless server lets pass is refused here.
 */

export interface Account {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

export interface Refusal {
  readonly status: number;
  readonly code: string;
  readonly message: string;
  readonly region?: string;
}

const maxSkewMs = 15 * 60_000;

export function verify(
  request: { readonly method: string; readonly url: string; readonly headers: IncomingHttpHeaders },
  accounts: readonly Account[],
  regions: readonly string[],
  now: Date,
): Account | Refusal {
  const authorization = request.headers.authorization;
  if (authorization === undefined) return refuse(403, "AccessDenied", "Access Denied");
  const match =
    /^AWS4-HMAC-SHA256 Credential=([^/, ]+)\/(\d{8})\/([^/, ]+)\/s3\/aws4_request, ?SignedHeaders=([a-z0-9;-]+), ?Signature=([0-9a-f]{64})$/.exec(
      authorization,
    );
  if (!match) return refuse(400, "AuthorizationHeaderMalformed", "The authorization header is malformed");
  const [, keyId = "", day = "", region = "", names = "", signature = ""] = match;
  const account = accounts.find((a) => a.accessKeyId === keyId);
  if (!account) {
    return refuse(403, "InvalidAccessKeyId", "The AWS Access Key Id you provided does not exist in our records.");
  }
  if (!regions.includes(region)) {
    const message = `The authorization header is malformed; the region '${region}' is wrong; expecting '${regions[0]}'`;
    return { ...refuse(400, "AuthorizationHeaderMalformed", message), region: regions[0] ?? "" };
  }
  const date = one(request.headers["x-amz-date"]);
  const time = /^\d{8}T\d{6}Z$/.test(date) && date.startsWith(day) ? parseDate(date) : Number.NaN;
  if (Number.isNaN(time))
    return refuse(403, "AccessDenied", "AWS authentication requires a valid Date or x-amz-date header");
  if (Math.abs(time - now.getTime()) > maxSkewMs) {
    return refuse(
      403,
      "RequestTimeTooSkewed",
      "The difference between the request time and the current time is too large.",
    );
  }
  const signed = names.split(";");
  const mustBeSigned = ["host", ...Object.keys(request.headers).filter((name) => name.startsWith("x-amz-"))];
  if (mustBeSigned.some((name) => !signed.includes(name)) || signed.join(";") !== signed.toSorted().join(";")) {
    return refuse(403, "AccessDenied", "There were headers present in the request which were not signed");
  }
  const payload = one(request.headers["x-amz-content-sha256"]);
  const emptyBody = request.method === "GET" || request.method === "HEAD" || request.method === "DELETE";
  const empty = createHash("sha256").digest("hex");
  if (payload === "")
    return refuse(400, "InvalidRequest", "Missing required header for this request: x-amz-content-sha256");
  if (emptyBody && payload !== empty && payload !== "UNSIGNED-PAYLOAD") {
    return refuse(
      400,
      "XAmzContentSHA256Mismatch",
      "The provided 'x-amz-content-sha256' header does not match what was computed.",
    );
  }
  const canonical = [
    request.method,
    canonicalPath(request.url),
    canonicalQuery(request.url),
    ...signed.map((name) => `${name}:${one(request.headers[name]).trim().replace(/ +/g, " ")}`),
    "",
    names,
    payload,
  ].join("\n");
  const scope = [day, region, "s3", "aws4_request"];
  let key: Buffer = Buffer.from(`AWS4${account.secretAccessKey}`, "utf8");
  for (const part of scope) key = createHmac("sha256", key).update(part).digest();
  const text = [
    "AWS4-HMAC-SHA256",
    date,
    scope.join("/"),
    createHash("sha256").update(canonical, "utf8").digest("hex"),
  ];
  const expected = createHmac("sha256", key).update(text.join("\n")).digest();
  if (timingSafeEqual(expected, Buffer.from(signature, "hex"))) return account;
  return refuse(
    403,
    "SignatureDoesNotMatch",
    "The request signature we calculated does not match the signature you provided.",
  );
}

export function isRefusal(result: Account | Refusal): result is Refusal {
  return "code" in result;
}

function refuse(status: number, code: string, message: string): Refusal {
  return { status, code, message };
}

function one(value: string | string[] | undefined): string {
  return typeof value === "string" ? value : (value?.join(",") ?? "");
}

function parseDate(date: string): number {
  const [, y, mo, d, h, mi, s] = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(date) ?? [];
  return Date.parse(`${y}-${mo}-${d}T${h}:${mi}:${s}Z`);
}

/** Percent-encoded text to a string with one character per byte; "+" stays a plus. */
export function percentDecode(text: string): string {
  if (!text.includes("%")) return text;
  return text.replace(/%([0-9a-fA-F]{2})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 16)));
}

/** Every byte but the unreserved characters, upper-case hex. */
export function percentEncode(bytes: string, keep = ""): string {
  // Most are plain; the fake serves benchmarks, too.
  if (/^[A-Za-z0-9\-._~]*$/.test(bytes)) return bytes;
  let text = "";
  for (const char of bytes) {
    const plain = /[A-Za-z0-9\-._~]/.test(char) || keep.includes(char);
    text += plain ? char : `%${char.charCodeAt(0).toString(16).toUpperCase().padStart(2, "0")}`;
  }
  return text;
}

function canonicalPath(url: string): string {
  return percentDecode(url.split("?", 1)[0] ?? "/")
    .split("/")
    .map((part) => percentEncode(part))
    .join("/");
}

function canonicalQuery(url: string): string {
  const at = url.indexOf("?");
  if (at < 0) return "";
  return url
    .slice(at + 1)
    .split("&")
    .filter((pair) => pair !== "")
    .map((pair) => {
      const equals = pair.indexOf("=");
      const name = equals < 0 ? pair : pair.slice(0, equals);
      const value = equals < 0 ? "" : pair.slice(equals + 1);
      return `${percentEncode(percentDecode(name))}=${percentEncode(percentDecode(value))}`;
    })
    .toSorted()
    .join("&");
}
