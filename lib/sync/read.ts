import { createHash } from "node:crypto";
import {
  Failure,
  ItemChanged,
  ItemGone,
  ItemSkip,
  type Content,
  type Ctx,
  type Connector,
  type ItemRef,
  type SkipReason,
} from "#lib/connectors/types.ts";
import { EgressError } from "#lib/egress/types.ts";
import { ExtractError, type DocumentType, type ExtractReason, type Extractor } from "#lib/extract/types.ts";
import { storable } from "./key.ts";

/** An item's text, ready to be stored. */
export interface Text {
  readonly title: string;
  readonly type: DocumentType;
  readonly mime: string | null;
  readonly text: string;
  readonly hash: Buffer;
}

export type ReadOutcome =
  | { readonly type: "text"; readonly text: Text }
  | { readonly type: "gone" }
  | { readonly type: "skip"; readonly reason: SkipReason; readonly detail: string }
  /** passing: the provider may be in trouble as a whole */
  | { readonly type: "fail"; readonly reason: SkipReason; readonly detail: string; readonly passing: boolean }
  /** not this item's fault: the run cannot go on like this */
  | { readonly type: "stop"; readonly error: unknown };

/** Reads one item and turns it into text. Never throws: every error is an outcome, by its type. */
export async function readItem(
  connector: Connector,
  ctx: Ctx<Record<string, unknown>>,
  extractor: Extractor,
  item: ItemRef,
  given: Content | undefined,
): Promise<ReadOutcome> {
  try {
    const content = given ?? (await connector.read(ctx, item));
    return { type: "text", text: await toText(connector, extractor, item, content, ctx.signal) };
  } catch (error) {
    return outcomeOf(error, ctx.signal);
  }
}

async function toText(
  connector: Connector,
  extractor: Extractor,
  item: ItemRef,
  content: Content,
  signal: AbortSignal,
): Promise<Text> {
  if (content.kind === "markdown") {
    return finish(content.markdown, content.title ?? item.title, content.type, item.mime ?? null);
  }
  const mime = content.mime ?? item.mime;
  const filename = content.filename ?? item.title;
  const extracted = await extractor.extract(
    { bytes: content.bytes, filename, ...(mime ? { mime } : {}), ...(item.url ? { url: item.url } : {}) },
    signal,
  );
  const type = content.type ?? (extracted.type === "text" ? connector.documentType : extracted.type);
  return finish(extracted.markdown, content.title ?? extracted.title ?? item.title, type, extracted.mime);
}

function finish(markdown: string, title: string, type: DocumentType, mime: string | null): Text {
  const text = storable(markdown);
  if (text.trim() === "") throw new ExtractError("empty", "There is no text in it.");
  return { title, type, mime, text, hash: createHash("sha256").update(text).digest() };
}

/** Extraction runs under limits: these two may go better next time, the others only when the item changes. */
const passingReasons: ReadonlySet<ExtractReason> = new Set(["timeout", "memory"]);

function outcomeOf(error: unknown, signal: AbortSignal): ReadOutcome {
  if (signal.aborted) return { type: "stop", error: signal.reason };
  if (error instanceof ItemGone) return { type: "gone" };
  if (error instanceof ItemChanged) {
    return {
      type: "fail",
      reason: "unreachable",
      detail: "It changed while it was being read; the next sync takes it.",
      passing: false,
    };
  }
  if (error instanceof ItemSkip) return { type: "skip", reason: error.reason, detail: error.message };
  if (error instanceof ExtractError) {
    return passingReasons.has(error.reason)
      ? { type: "fail", reason: error.reason, detail: error.message, passing: false }
      : { type: "skip", reason: error.reason, detail: error.message };
  }
  if (error instanceof EgressError) {
    if (error.kind === "throttled") return { type: "stop", error };
    if (error.kind === "too_large" || error.kind === "blocked_address") {
      return { type: "skip", reason: error.kind, detail: error.message };
    }
    return { type: "fail", reason: "unreachable", detail: error.message, passing: true };
  }
  if (error instanceof Failure) {
    return error.kind === "transient"
      ? { type: "fail", reason: "unreachable", detail: error.message, passing: true }
      : { type: "stop", error };
  }
  return { type: "stop", error };
}
