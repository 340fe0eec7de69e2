import { EgressError, type HttpReply } from "#lib/egress/types.ts";
import { failureOf, refusalOf } from "../json-api.ts";
import { type Content, type Ctx, Failure, ItemGone, ItemSkip, type ItemRef } from "../types.ts";
import { graph, Resync } from "./graph.ts";
import { isMedia, maxFileBytes } from "./items.ts";

/**
 * One file's bytes. Graph answers with the address of another host that is good for minutes and needs no token: it is
 * used at once, sent nothing of ours, and never kept.
 */
export async function readFile(ctx: Ctx<object>, item: ItemRef): Promise<Content> {
  try {
    return await download(ctx, item, true);
  } catch (error) {
    if (error instanceof EgressError && error.kind === "too_large")
      throw new ItemSkip("too_large", "It is larger than OneDrive says.");
    throw error;
  }
}

async function download(ctx: Ctx<object>, item: ItemRef, mayAskAgain: boolean): Promise<Content> {
  const request = { maxBytes: maxFileBytes, secure: true, signal: ctx.signal };
  const reply = await ctx.http.request(`${ctx.api}/me/drive/items/${encodeURIComponent(item.id)}/content`, request);
  if (reply.status >= 200 && reply.status < 300) return contentOf(reply, item);
  const target = reply.status >= 300 && reply.status < 400 ? reply.headers["location"] : undefined;
  if (target === undefined) throw await meaning(reply, item);
  void reply.discard();
  if (!URL.canParse(target, reply.url)) throw passing("OneDrive gave an address that cannot be used.");
  const file = await ctx.http.request(new URL(target, reply.url), { ...request, redirects: 3 });
  if (file.status >= 200 && file.status < 300) return contentOf(file, item);
  void file.discard();
  if (file.status === 429 || file.status >= 500) throw failureOf("OneDrive", file.status, file.headers);
  // The address is too old, or was used up.
  if (mayAskAgain) return download(ctx, item, false);
  throw passing(`OneDrive's own download address was refused twice (${file.status}).`);
}

async function contentOf(reply: HttpReply, item: ItemRef): Promise<Content> {
  const bytes = await reply.bytes();
  const mime = (reply.headers["content-type"] ?? "").split(";", 1)[0]?.trim().toLowerCase() ?? "";
  // A page in between (sign-in, maintenance) is not the file.
  const strange = mime === "text/html" && item.mime !== "text/html" && !/\.x?html?$/i.test(item.title);
  if (strange && item.bytes !== undefined && bytes.length !== item.bytes)
    throw passing("OneDrive sent a web page instead of the file.");
  const type = item.mime ?? mime;
  return { kind: "bytes", bytes, filename: item.title, ...(type === "" || isMedia(type) ? {} : { mime: type }) };
}

/** A refusal concerns this file alone, unless it is about the account. */
async function meaning(reply: HttpReply, item: ItemRef): Promise<Error> {
  const { status } = reply;
  if (status === 403) {
    void reply.discard();
    return new ItemSkip("denied", "OneDrive does not allow this account to download it.");
  }
  if (status === 423) {
    void reply.discard();
    return passing("OneDrive has locked it for now.");
  }
  const failure = await refusalOf(graph, reply);
  if (failure instanceof Resync || (failure instanceof Failure && failure.kind === "missing"))
    return new ItemGone(`${item.title} is gone.`);
  const whole = failure instanceof Failure && (failure.kind === "reauth" || failure.kind === "throttled");
  return whole ? failure : passing(`OneDrive does not give it out (${status}).`);
}

/** Tried again by the next run; the others go on. */
function passing(message: string): Failure {
  return new Failure("transient", message, { fix: "The next sync tries again." });
}
