import { operation, type Operation } from "../operation.ts";
import {
  addDocument,
  batchAddDocuments,
  deleteDocument,
  deleteDocuments,
  getDocument,
  listDocuments,
  listProcessing,
  updateDocument,
  uploadDocument,
} from "./documents.ts";

/** Documents were called memories once; clients of that time still ask for them by the old paths. */

export const addDocumentLegacy = operation({ ...addDocument, ...older("addDocumentLegacy", "/v3/memories") });
export const batchAddDocumentsLegacy = operation({
  ...batchAddDocuments,
  ...older("batchAddDocumentsLegacy", "/v3/memories/batch"),
});
export const uploadDocumentLegacy = operation({
  ...uploadDocument,
  ...older("uploadDocumentLegacy", "/v3/memories/file"),
});
export const getDocumentLegacy = operation({
  ...getDocument,
  ...older("getDocumentLegacy", "/v3/memories/{documentId}"),
});
export const updateDocumentLegacy = operation({
  ...updateDocument,
  ...older("updateDocumentLegacy", "/v3/memories/{documentId}"),
});
export const deleteDocumentLegacy = operation({
  ...deleteDocument,
  ...older("deleteDocumentLegacy", "/v3/memories/{documentId}"),
});
export const deleteDocumentsLegacy = operation({
  ...deleteDocuments,
  ...older("deleteDocumentsLegacy", "/v3/memories/bulk"),
});
export const listDocumentsLegacy = operation({
  ...listDocuments,
  ...older("listDocumentsLegacy", "/v3/memories/list"),
});
export const listProcessingLegacy = operation({
  ...listProcessing,
  ...older("listProcessingLegacy", "/v3/memories/processing"),
});

function older(id: string, path: string) {
  return { id, path, deprecated: true } as const;
}

export const legacyOperations: readonly Operation[] = [
  addDocumentLegacy,
  batchAddDocumentsLegacy,
  uploadDocumentLegacy,
  getDocumentLegacy,
  updateDocumentLegacy,
  deleteDocumentLegacy,
  deleteDocumentsLegacy,
  listDocumentsLegacy,
  listProcessingLegacy,
];
