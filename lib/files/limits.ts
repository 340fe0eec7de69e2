export { fileBytesMax } from "#lib/contract/document-form.ts";

/** A file is kept in pieces of this many bytes: small enough to hold many in memory, large enough to be few rows. */
export const partBytes = 1_048_576;
