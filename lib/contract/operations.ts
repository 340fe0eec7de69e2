import type { Operation } from "./operation.ts";
import { connectionOperations } from "./operations/connections.ts";
import { documentOperations } from "./operations/documents.ts";
import { keyOperations } from "./operations/keys.ts";
import { legacyOperations } from "./operations/legacy.ts";
import { memoryOperations } from "./operations/memories.ts";
import { searchOperations } from "./operations/search.ts";
import { settingsOperations } from "./operations/settings.ts";

/** Every operation of the API. Routes, tests, the documentation and the console's snippets are made from these. */

export * from "./operations/connections.ts";
export * from "./operations/documents.ts";
export * from "./operations/keys.ts";
export * from "./operations/legacy.ts";
export * from "./operations/memories.ts";
export * from "./operations/search.ts";
export * from "./operations/settings.ts";

export const operations: readonly Operation[] = [
  ...connectionOperations,
  ...documentOperations,
  ...searchOperations,
  ...settingsOperations,
  ...keyOperations,
  ...memoryOperations,
  ...legacyOperations,
];
