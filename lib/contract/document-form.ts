import { array, enum as oneOf, maxLength, minLength, object, refine, regex, string, trim } from "zod/mini";
import { containerTagPattern } from "./container-tag.ts";
import { isStorable } from "./storable.ts";

/** Largest file that can be uploaded, in bytes: 50 MB as the protocol counts them. */
export const fileBytesMax = 52_428_800;

const textCharsMax = 1_000_000;

const tags = array(
  string().check(regex(containerTagPattern, "Use letters, digits, hyphen, underscore, colon or dot in tags.")),
).check(maxLength(100, "Use at most 100 tags."));

/** Adding a document in the console: a text, or an address that is fetched. */
export const documentForm = object({
  kind: oneOf(["text", "address"]),
  content: string().check(
    trim(),
    minLength(1, "This is empty."),
    maxLength(textCharsMax, "Use at most 1,000,000 characters, or upload it as a file."),
    refine(isStorable, "This has a NUL or half a character in it, which cannot be stored. Remove it."),
  ),
  containerTags: tags,
}).check(
  refine(({ kind, content }) => kind === "text" || isAddress(content), {
    path: ["content"],
    error: "Enter an address that begins with https:// or http://.",
  }),
  refine(({ kind, content }) => kind === "address" || !isAddress(content), {
    path: ["content"],
    error: "This is an address. Choose “Web address” to add what is there.",
  }),
);

function isAddress(text: string): boolean {
  return /^https?:\/\/\S+$/i.test(text.trim()) && URL.canParse(text.trim());
}
