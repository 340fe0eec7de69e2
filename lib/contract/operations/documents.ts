import { z } from "zod";
import { documentMetadata } from "../document-metadata.ts";
import { metadataFilter } from "../filters.ts";
import { operation, type Operation } from "../operation.ts";
import { containerTag, containerTags } from "../tags.ts";
import {
  documentStatus,
  wireAdded,
  wireBatchAdded,
  wireBulkDeleted,
  wireChunks,
  wireDocument,
  wireDocumentPage,
  wireFileUrl,
  wireProcessing,
} from "../wire.ts";
import { dateOrMoment, digits, moment, none, ok } from "./shared.ts";

/** Documents: add, read, change, delete. */

const documentId = z
  .string()
  .describe("The document's id; where the operation says so also its customId, percent-encoded (slashes too).");
const byId = z.object({ documentId });
const inContainer = z.object({
  containerTag: containerTag
    .optional()
    .describe("Ours: only a document with this tag; for a customId that documents of several containers have."),
});

/** Texts up to a megabyte, in JSON that may need more for them. */
const textBytesMax = 4_000_000;
const batchBytesMax = 16_000_000;

const taskType = z.enum(["memory", "superrag"]).describe("Of the protocol: kept and answered, without effect here.");
/** Any text of 1 to 255 characters: connectors make addresses of them. */
export const customId = z
  .string()
  .min(1, "must not be empty")
  .max(255, "must not be longer than 255 characters")
  .meta({
    description:
      "Your own id for it. Adding it again replaces the document: in the container that is named, else wherever it is.",
    examples: ["handbook-12"],
  });
const filepath = z
  .string()
  .min(1)
  .max(1_024)
  .meta({ description: "A path to order it by.", examples: ["/handbook/travel.md"] });
const without = "Of the protocol: taken, without effect here.";
/** Known to the protocol and without effect here: there are no extracted memories. */
const ignored = {
  entityContext: z.string().max(1_500).nullish().describe(without),
  filterByMetadata: z.unknown().optional().describe(without),
  dreaming: z.unknown().optional().describe(without),
};
const tags = {
  containerTag: containerTag.nullish().describe("One tag; the same as `containerTags` with it alone."),
  containerTags: containerTags.nullish().describe("Whose it is."),
};

/** In the order the reference shows: what is used most comes first, what has no effect last. */
const described = {
  ...tags,
  metadata: documentMetadata.nullish(),
  filepath: filepath.nullish(),
  documentDate: dateOrMoment.nullish().describe("When it was written: a date or a moment."),
  taskType: taskType.nullish(),
  ...ignored,
};
const content = z
  .string()
  .min(1, "must not be empty")
  .refine((text) => text.trim() !== "", "must not be blank")
  .refine((text) => text.length <= 1_000_000, "must not be longer than 1,000,000 characters; upload it as a file")
  .meta({
    description: "A text (Markdown is understood), or the address of a web page or file.",
    openapi: { type: "string", minLength: 1, maxLength: 1_000_000 },
    examples: ["Travel is booked by the assistant of the team."],
  });
const added = z.object({ content, customId: customId.nullish(), ...described });
export type AddDocument = z.output<typeof added>;

export const addDocument = operation({
  id: "addDocument",
  method: "POST",
  path: "/v3/documents",
  tag: "Documents",
  access: "write",
  contained: true,
  summary: "Add a document",
  description:
    "`content` is a text (Markdown is understood) or the address of a web page or file, which is then fetched. The same " +
    "`customId` in the same container replaces the document that has it; without any tags the one document that has it, " +
    "which keeps its tags. The reply comes at once; the document can be found when its status is `done`.",
  params: none,
  query: none,
  body: added,
  bodyBytesMax: textBytesMax,
  reply: ok(wireAdded, "Its id; `done` if this is what is stored already"),
  errors: [400, 413, 415],
  effect: true,
});

export const batchAddDocuments = operation({
  id: "batchAddDocuments",
  method: "POST",
  path: "/v3/documents/batch",
  tag: "Documents",
  access: "write",
  contained: true,
  summary: "Add up to 600 documents",
  description:
    "Texts, or objects as for a single document; what is beside `documents` holds for those that do not say otherwise. " +
    "One that cannot be added does not hold up the others: it is reported in its place.",
  params: none,
  query: none,
  body: z.object({
    documents: z
      .array(z.union([z.string(), z.record(z.string(), z.unknown())], "must be a text or an object"))
      .min(1, "must name at least one document")
      .max(600, "must not have more than 600 documents")
      .describe("Texts, or objects with the fields of a single document. 1 to 600."),
    ...described,
    content: z.null().optional().describe("Of the protocol: null or left out."),
  }),
  bodyBytesMax: batchBytesMax,
  reply: ok(wireBatchAdded, "What became of each, in the same order"),
  errors: [400, 413, 415],
  effect: true,
});
export { added as addedDocument };

export const uploadDocument = operation({
  id: "uploadDocument",
  method: "POST",
  path: "/v3/documents/file",
  tag: "Documents",
  access: "write",
  contained: true,
  summary: "Upload a file",
  description:
    "A form with the part `file`, at most 50 MB (52,428,800 bytes), and texts for the other fields; `metadata` as JSON, " +
    "`containerTags` as a JSON list or one tag.",
  params: none,
  query: none,
  upload: true,
  body: z.object({
    containerTag: containerTag.optional().describe("One tag; the same as `containerTags` with it alone."),
    containerTags: jsonText(containerTags, (text) =>
      text.trimStart().startsWith("[") ? JSON.parse(text) : [text],
    ).describe("Whose it is: a JSON list of tags, or one tag."),
    customId: customId.optional(),
    fileType: z.string().max(50).optional().describe("Of the protocol: what the file is, where its bytes do not tell."),
    mimeType: z.string().max(255).optional().describe("The file's media type, where its bytes do not tell."),
    metadata: jsonText(documentMetadata, JSON.parse).describe("Your own facts about it: a JSON object."),
    filepath: filepath.optional(),
    taskType: taskType.optional(),
    useAdvancedProcessing: z.string().optional().describe(without),
    entityContext: z.string().max(1_500).optional().describe(without),
    filterByMetadata: z.string().optional().describe(without),
    dreaming: z.string().optional().describe(without),
  }),
  reply: ok(wireAdded, "Its id"),
  errors: [400, 413, 415],
  effect: true,
});

/** A form's text that holds JSON. */
function jsonText<Schema extends z.ZodType>(schema: Schema, parse: (text: string) => unknown) {
  return z
    .string()
    .max(100_000)
    .transform((text, ctx): unknown => {
      try {
        return parse(text);
      } catch {
        ctx.addIssue({ code: "custom", message: "is not valid JSON" });
        return z.NEVER;
      }
    })
    .pipe(schema)
    .optional();
}

export const getDocument = operation({
  id: "getDocument",
  method: "GET",
  path: "/v3/documents/{documentId}",
  tag: "Documents",
  access: "read",
  contained: true,
  summary: "Get a document",
  description: "By id or customId.",
  params: byId,
  query: inContainer,
  body: null,
  reply: ok(wireDocument, "The document with its content"),
  errors: [400, 404],
  effect: false,
});

export const updateDocument = operation({
  id: "updateDocument",
  method: "PATCH",
  path: "/v3/documents/{documentId}",
  tag: "Documents",
  access: "write",
  contained: true,
  summary: "Change a document",
  description:
    "By id or customId. Only what is named changes; `metadata` and lists are replaced as a whole, not merged. New " +
    "`content` is processed like that of a new document. Of a document that a connection keeps in sync the source and " +
    "the connection's settings decide: naming what is theirs " +
    "(content, customId, filepath, documentDate, metadata, tags) answers 400.",
  params: byId,
  query: inContainer,
  body: added.partial(),
  bodyBytesMax: textBytesMax,
  reply: ok(wireAdded, "Its id and what is done with it now"),
  errors: [400, 404, 413, 415],
  effect: true,
});

export const deleteDocument = operation({
  id: "deleteDocument",
  method: "DELETE",
  path: "/v3/documents/{documentId}",
  tag: "Documents",
  access: "write",
  contained: true,
  summary: "Delete a document",
  description:
    "By id or customId. A document that comes from a connection stays away: its later versions are not stored again.",
  params: byId,
  query: inContainer,
  body: null,
  reply: { status: 204, contentType: null, description: "It is gone", schema: z.null() },
  errors: [400, 404],
  effect: true,
});

export const deleteDocuments = operation({
  id: "deleteDocuments",
  method: "DELETE",
  path: "/v3/documents/bulk",
  tag: "Documents",
  access: "write",
  contained: true,
  summary: "Delete many documents",
  description:
    "Those with these ids (at most 100), or all with all of these tags, or all at this `filepath` (below it, when it ends " +
    "with a slash): exactly one of the three. Ids that are not there are reported, not refused. At most 50,000 documents a " +
    "request; the reply says when there are more.",
  params: none,
  query: none,
  body: z.object({
    ids: z
      .array(z.string().max(255))
      .min(1)
      .max(100, "must not have more than 100 ids")
      .optional()
      .describe("Ids or customIds of the documents, at most 100."),
    containerTags: containerTags
      .min(1, "must name at least one tag")
      .optional()
      .describe("All documents that have all of these tags."),
    filepath: filepath.optional().describe("All documents at this path; below it, when it ends with a slash."),
  }),
  reply: ok(wireBulkDeleted, "How many were deleted"),
  errors: [400, 413, 415],
  effect: true,
});

export const listDocuments = operation({
  id: "listDocuments",
  method: "POST",
  path: "/v3/documents/list",
  tag: "Documents",
  access: "read",
  contained: true,
  summary: "List documents",
  description:
    "By page, or on from `cursor`. `containerTags`: documents that have all of them. `filepath`: exact, or a prefix when it ends with a slash. " +
    "`filters`: `{ AND: […] }` or `{ OR: […] }` of conditions `{ key, value, filterType, numericOperator, negate, ignoreCase }` " +
    "on metadata, nested up to eight levels.",
  params: none,
  query: none,
  body: z.object({
    containerTag: containerTag.optional().describe("One tag; the same as `containerTags` with it alone."),
    containerTags: containerTags.optional().describe("Only documents that have all of these tags."),
    source: z.string().max(255).optional().describe("A provider's name; `provider` says the same."),
    provider: z.string().max(255).optional().describe("Only documents of this provider."),
    connectionId: z.string().optional().describe("Only documents of this connection."),
    status: documentStatus.optional().describe("Only documents that are this far."),
    filepath: z
      .string()
      .max(4_096)
      .optional()
      .describe("Only documents at this path; everything below it, when it ends with a slash."),
    filters: metadataFilter.optional(),
    includeContent: z.boolean().default(false).describe("Answer the text of each document."),
    cursor: z
      .string()
      .max(120)
      .optional()
      .describe(
        "Ours: `nextCursor` of the page before, instead of `page`: as quick at the millionth document as at the first.",
      ),
    type: z.string().max(50).optional().describe("Ours: only documents of this type, e.g. `pdf`."),
    updatedAfter: moment.optional().describe("Ours: only documents stored at this moment or after it."),
    updatedBefore: moment.optional().describe("Ours: only documents stored before this moment."),
    limit: digits(1, 1_100).default(10).describe("How many documents a page has."),
    page: digits(1, 100_000_000).default(1).describe("Which page, from 1."),
    sort: z.enum(["createdAt", "updatedAt"]).default("createdAt").describe("By which moment."),
    order: z.enum(["asc", "desc"]).default("desc").describe("Oldest or newest first."),
  }),
  reply: ok(wireDocumentPage, "One page"),
  errors: [400, 413, 415],
  effect: false,
});

export const listProcessing = operation({
  id: "listProcessing",
  method: "GET",
  path: "/v3/documents/processing",
  tag: "Documents",
  access: "read",
  contained: true,
  summary: "List documents that are being processed",
  description:
    "`view=active` (what is under way and was touched in the last four hours) or `all` (also what failed or is stuck). " +
    "`containerTags`: a list with commas.",
  params: none,
  query: z.object({
    containerTags: z
      .string()
      .max(10_200)
      .transform((text) => text.split(",").filter((tag) => tag !== ""))
      .pipe(containerTags)
      .optional()
      .describe("Only those that have all of these tags, separated by commas."),
    view: z.enum(["active", "all"]).default("active").describe("`all`: also what failed or is stuck."),
    page: digits(1, 1_000_000).default(1).describe("Which page, from 1."),
    limit: digits(1, 1_100).default(100).describe("How many a page has."),
  }),
  body: null,
  reply: ok(wireProcessing, "What is being processed, last touched first"),
  errors: [400],
  effect: false,
});

export const listChunks = operation({
  id: "listChunks",
  method: "GET",
  path: "/v3/documents/{documentId}/chunks",
  tag: "Documents",
  access: "read",
  contained: true,
  summary: "List a document's chunks",
  params: byId,
  query: inContainer,
  body: null,
  reply: ok(wireChunks, "All of them, in order"),
  errors: [400, 404],
  effect: false,
});

export const getFileUrl = operation({
  id: "getFileUrl",
  method: "GET",
  path: "/v3/documents/{documentId}/file-url",
  tag: "Documents",
  access: "read",
  contained: true,
  summary: "Get an address of the uploaded file",
  description: "It works for 24 hours, for anybody who has it.",
  params: byId,
  query: inContainer,
  body: null,
  reply: ok(wireFileUrl, "Where the file is"),
  errors: [400, 404],
  effect: false,
});

export const documentOperations: readonly Operation[] = [
  addDocument,
  batchAddDocuments,
  uploadDocument,
  getDocument,
  updateDocument,
  deleteDocument,
  deleteDocuments,
  listDocuments,
  listProcessing,
  listChunks,
  getFileUrl,
];
