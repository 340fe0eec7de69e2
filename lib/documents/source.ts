import { createHash } from "node:crypto";
import { AppError } from "#lib/contract/errors.ts";
import { newId } from "#lib/contract/ids.ts";
import { titleOf } from "./title.ts";

/**
 * What the text of a document is to be made of. `mark` says which source it is (documents.version): the same text, address
 * or file has the same one up to its second colon, and work that finds another one when it is done was overtaken.
 */
export type Source =
  | {
      readonly kind: "text";
      readonly mark: string;
      readonly title: string | null;
      readonly text: string;
      /** SHA-256 of the text */
      readonly hash: Buffer;
    }
  | { readonly kind: "page"; readonly mark: string; readonly title: string; readonly url: string }
  | {
      readonly kind: "file";
      readonly mark: string;
      readonly title: string;
      readonly fileId: string;
      readonly mime: string | null;
      readonly bytes: number;
    };

/** Longer ones are texts that begin like an address. */
const addressCharsMax = 4_096;

/** A text, or the address of a page or file. @throws AppError invalid_request for an address with a password in it */
export function sourceOf(content: string): Source {
  const url = addressIn(content);
  if (url === undefined) {
    const hash = createHash("sha256").update(content).digest();
    return { kind: "text", mark: `text:${hash.toString("hex")}`, title: titleOf(content), text: content, hash };
  }
  if (url.username || url.password)
    throw new AppError("invalid_request", "The request is not valid.", {
      fields: [{ path: "content", message: "must not be an address with a user name or password in it" }],
    });
  const hash = createHash("sha256").update(url.href).digest("hex");
  return { kind: "page", mark: `page:${hash}:${newId()}`, title: nameOf(url), url: url.href };
}

/** Only if that is all there is. */
function addressIn(content: string): URL | undefined {
  const text = content.trim();
  if (text.length > addressCharsMax || !/^https?:\/\/\S+$/i.test(text) || !URL.canParse(text)) return undefined;
  return new URL(text);
}

/** What a page is called until its own title is known. */
export function nameOf(url: URL): string {
  const path = url.pathname === "/" ? "" : url.pathname;
  return (url.host + path).slice(0, 200);
}

export function sameSource(mark: string | null, source: Source): boolean {
  return mark !== null && sourcePart(mark) === sourcePart(source.mark);
}

function sourcePart(mark: string): string {
  return mark.split(":", 2).join(":");
}
