import type { HttpReply } from "#lib/egress/types.ts";
import { regionPattern } from "./regions.ts";

/** An error reply of the store. Some send no Message, HEAD has no body at all: decide by code and status. */
export class StoreError extends Error {
  readonly status: number;
  /** "" if the reply names none */
  readonly code: string;
  /** the store's own words, shortened; "" if none */
  readonly said: string;
  /** the bucket's region, if the reply names a plausible one */
  readonly region: string | undefined;
  /** the store's clock */
  readonly date: Date | undefined;
  readonly retryAfterSeconds: number | undefined;
  /** the body is neither XML nor empty: probably not an S3 store */
  readonly foreign: boolean;

  /** @param hide what must not be shown if the store quotes it back */
  constructor(reply: Pick<HttpReply, "status" | "headers">, body: string, hide: readonly string[] = []) {
    const safe = (text: string): string => hide.reduce((left, secret) => left.replaceAll(secret, "…"), text);
    const code = safe(element(body, "Code")).slice(0, 100);
    const said = safe(element(body, "Message")).slice(0, 300);
    super(`${reply.status} ${code || "without a code"}${said ? `: ${said}` : ""}`);
    this.name = "StoreError";
    this.status = reply.status;
    this.code = code;
    this.said = said;
    const region = (reply.headers["x-amz-bucket-region"] || element(body, "Region")).toLowerCase();
    this.region = regionPattern.test(region) ? region : undefined;
    const date = new Date(reply.headers["date"] ?? element(body, "ServerTime"));
    this.date = Number.isNaN(date.getTime()) ? undefined : date;
    const wait = Number(reply.headers["retry-after"]);
    this.retryAfterSeconds = Number.isFinite(wait) && wait > 0 ? wait : undefined;
    const start = body.trimStart();
    this.foreign = start !== "" && !start.startsWith("<?xml") && !start.startsWith("<Error");
  }
}

/** Text of the first element of this name. Error replies are small and only a few facts are wanted: no parser needed. */
export function element(xml: string, name: string): string {
  const from = xml.indexOf(`<${name}>`);
  if (from < 0) return "";
  const to = xml.indexOf("<", from + name.length + 2);
  const text = to < 0 ? "" : xml.slice(from + name.length + 2, to).trim();
  return text
    .replace(/&(quot|apos|lt|gt|amp);/g, (_, n: string) => ({ quot: '"', apos: "'", lt: "<", gt: ">" })[n] ?? "&")
    .replace(/\p{Cc}+/gu, " ");
}

const maxErrorBytes = 64 * 1024;

/** Reads an error reply to its end; a body that cannot be read counts as empty. */
export async function readStoreError(reply: HttpReply, hide: readonly string[]): Promise<StoreError> {
  let body = "";
  let size = 0;
  const decoder = new TextDecoder();
  try {
    for await (const chunk of reply.stream()) {
      size += chunk.length;
      body += decoder.decode(chunk, { stream: true });
      if (size > maxErrorBytes) break;
    }
  } catch {
    // The status and headers still say enough.
  }
  return new StoreError(reply, body, hide);
}
