import { z } from "zod";
import { metadataFilter } from "../filters.ts";
import { operation, type Operation } from "../operation.ts";
import { containerTag, containerTags } from "../tags.ts";
import { wireChunkSearch, wireSearch } from "../wire.ts";
import { digits, moment, none, ok } from "./shared.ts";

/** Search: by document with the chunks that match, and by chunk. */

const fraction = z.number("must be a number from 0 to 1").min(0).max(1);

const narrowed = {
  q: z
    .string("must be a text")
    .max(2_000, "must not be longer than 2,000 characters")
    .refine((text) => text.trim() !== "", "must not be blank"),
  limit: digits(1, 100).default(10),
  containerTag: containerTag.optional(),
  containerTags: containerTags.optional(),
  /** conditions on metadata, as an object or as JSON text */
  filters: metadataFilter.optional(),
  /** exact, or everything below it when it ends with a slash */
  filepath: z.string().max(4_096).optional(),
  // Ours: what a list of documents can be narrowed by.
  provider: z.string().max(255).optional(),
  connectionId: z.string().max(255).optional(),
  type: z.string().max(50).optional(),
  updatedAfter: moment.optional(),
  updatedBefore: moment.optional(),
  /** known to the protocol; results are ranked anyway, and no language model is asked */
  rerank: z.boolean().default(false),
  rewriteQuery: z.boolean().default(false),
};

export const searchDocuments = operation({
  id: "searchDocuments",
  method: "POST",
  path: "/v3/search",
  tag: "Search",
  access: "read",
  contained: true,
  summary: "Search documents",
  description:
    'The documents that fit best, each with its chunks that match. `"two words"` finds a phrase, `begin*` what begins so, ' +
    "`-word` leaves out, `OR` takes either; a misspelt word finds what it must have meant. Scores are from 0 to 1.",
  params: none,
  query: none,
  body: z.object({
    ...narrowed,
    docId: z.string().max(255).optional(),
    chunkThreshold: fraction.default(0),
    documentThreshold: fraction.default(0),
    includeFullDocs: z.boolean().default(false),
    includeSummary: z.boolean().default(false),
    onlyMatchingChunks: z.boolean().default(true),
    categoriesFilter: z.array(z.string()).optional(),
  }),
  reply: ok(wireSearch, "The best documents, best first"),
  errors: [400, 404, 413, 415],
  effect: false,
});

export const searchChunks = operation({
  id: "searchChunks",
  method: "POST",
  path: "/v4/search",
  tag: "Search",
  access: "read",
  contained: true,
  summary: "Search chunks",
  description:
    "The single best chunks. `searchMode` `documents` and `hybrid` are the same here, and what is meant when it is left out; " +
    "`memories` answers 501, because this server extracts none.",
  params: none,
  query: none,
  body: z.object({
    ...narrowed,
    searchMode: z.enum(["memories", "hybrid", "documents"]).optional(),
    threshold: fraction.default(0.6),
    aggregate: z.boolean().default(false),
    include: z
      .object({
        documents: z.boolean().default(false),
        summaries: z.boolean().default(false),
        relatedMemories: z.boolean().default(false),
        forgottenMemories: z.boolean().default(false),
        chunks: z.boolean().default(false),
      })
      .partial()
      .default({}),
  }),
  reply: ok(wireChunkSearch, "The best chunks, best first"),
  errors: [400, 413, 415, 501],
  effect: false,
});

export const searchOperations: readonly Operation[] = [searchDocuments, searchChunks];
