/** Largest file that can be uploaded, in bytes: 50 MB as the protocol counts them. */
export const fileBytesMax = 52_428_800;

/** A file is kept in pieces of this many bytes: small enough to hold many in memory, large enough to be few rows. */
export const partBytes = 1_048_576;
