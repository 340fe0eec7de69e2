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
    .refine((text) => text.trim() !== "", "must not be blank")
    .meta({
      description: "What to look for.",
      openapi: { type: "string", minLength: 1, maxLength: 2_000 },
      examples: ["travel expenses"],
    }),
  limit: digits(1, 100).default(10).describe("How many results at most."),
  containerTag: containerTag.optional().describe("One tag; the same as `containerTags` with it alone."),
  containerTags: containerTags.optional().describe("Only documents that have all of these tags."),
  filters: metadataFilter.optional(),
  filepath: z
    .string()
    .max(4_096)
    .optional()
    .describe("Only documents at this path; everything below it, when it ends with a slash."),
  // Ours: what a list of documents can be narrowed by.
  provider: z.string().max(255).optional().describe("Ours: only documents of this provider."),
  connectionId: z.string().max(255).optional().describe("Ours: only documents of this connection."),
  type: z.string().max(50).optional().describe("Ours: only documents of this type, e.g. `pdf`."),
  updatedAfter: moment.optional().describe("Ours: only documents stored after this moment."),
  updatedBefore: moment.optional().describe("Ours: only documents stored before this moment."),
  rerank: z.boolean().default(false).describe("Of the protocol: without effect; results are ranked anyway."),
  rewriteQuery: z.boolean().default(false).describe("Of the protocol: without effect; no language model is asked."),
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
    docId: z.string().max(255).optional().describe("Search within this document: its id or customId."),
    chunkThreshold: fraction.default(0).describe("Only chunks with at least this score."),
    documentThreshold: fraction.default(0).describe("Of the protocol: without effect; see `chunkThreshold`."),
    includeFullDocs: z.boolean().default(false).describe("Answer the whole text of each document in `content`."),
    includeSummary: z.boolean().default(false).describe("Answer `summary`, which is always null here."),
    onlyMatchingChunks: z
      .boolean()
      .default(true)
      .describe("`false`: the chunks before and after a match come too, with `isRelevant: false`."),
    categoriesFilter: z.array(z.string()).optional().describe("Of the protocol: taken, without effect here."),
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
    searchMode: z
      .enum(["memories", "hybrid", "documents"])
      .optional()
      .describe("`documents` and `hybrid` are the same here; `memories` answers 501."),
    threshold: fraction.default(0.6).describe("Only chunks that fit at least so well."),
    aggregate: z.boolean().default(false).describe("Of the protocol: taken, without effect here."),
    include: z
      .object({
        documents: z.boolean().default(false).describe("Answer the document with each chunk."),
        summaries: z.boolean().default(false).describe("With the document: `summary`, which is always null here."),
        relatedMemories: z.boolean().default(false).describe("Of the protocol: taken, without effect here."),
        forgottenMemories: z.boolean().default(false).describe("Of the protocol: taken, without effect here."),
        chunks: z.boolean().default(false).describe("Answer further chunks of the document with each."),
      })
      .partial()
      .default({})
      .describe("What to answer beside the chunks."),
  }),
  reply: ok(wireChunkSearch, "The best chunks, best first"),
  errors: [400, 413, 415, 501],
  effect: false,
});

export const searchOperations: readonly Operation[] = [searchDocuments, searchChunks];
