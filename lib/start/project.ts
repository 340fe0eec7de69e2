import path from "node:path";

/** The folder of package.json, absolute. */
export const projectFolder = path.resolve(import.meta.dirname, "..", "..");
