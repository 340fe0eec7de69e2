import { fromEnvironment, type Example } from "./example.ts";

/** One example for every operation that does something here, by its id. Older paths are shown by the newer ones. */

const connectionId = fromEnvironment("CONNECTION_ID");
const documentId = fromEnvironment("DOCUMENT_ID");
const keyId = fromEnvironment("KEY_ID");
const byDocument = { documentId };

const connections: Readonly<Record<string, Example>> = {
  createConnection: {
    params: { provider: "s3" },
    body: {
      containerTags: ["team_docs"],
      metadata: {
        accessKeyId: fromEnvironment("S3_ACCESS_KEY_ID"),
        secretAccessKey: fromEnvironment("S3_SECRET_ACCESS_KEY"),
        bucket: "handbook",
        region: "eu-central-1",
        department: "people",
      },
    },
    client: { method: "connections.create", takes: ["params", "body"] },
  },
  listConnections: {
    body: { containerTags: ["team_docs"] },
    client: { method: "connections.list", takes: ["body"] },
  },
  getConnection: { params: { connectionId }, client: { method: "connections.getByID", takes: ["params"] } },
  updateConnection: { params: { connectionId }, body: { name: "Handbook", paused: true } },
  reconnectConnection: {
    params: { connectionId: fromEnvironment("ACCOUNT_CONNECTION_ID") },
    body: { redirectUrl: "https://app.example.com/connected" },
  },
  getConnectionByTags: {
    params: { provider: "s3" },
    body: { containerTags: ["team_docs"] },
    client: { method: "connections.getByTag", takes: ["params", "body"] },
  },
  deleteConnection: {
    params: { connectionId },
    query: { deleteDocuments: "false" },
    client: { method: "connections.deleteByID", takes: ["params", "query"] },
  },
  deleteConnectionsByProvider: {
    params: { provider: "s3" },
    body: { containerTags: ["team_docs"] },
    client: { method: "connections.deleteByProvider", takes: ["params", "body"] },
  },
  importConnections: {
    params: { provider: "s3" },
    body: { containerTags: ["team_docs"] },
    client: { method: "connections.import", takes: ["params", "body"] },
  },
  listProviderDocuments: {
    params: { provider: "s3" },
    body: { containerTags: ["team_docs"] },
    client: { method: "connections.listDocuments", takes: ["params", "body"] },
  },
  listResources: {
    params: { connectionId: fromEnvironment("ACCOUNT_CONNECTION_ID") },
    query: { per_page: 50 },
    client: { method: "connections.resources", takes: ["params", "query"] },
  },
  configureConnection: {
    params: { connectionId: fromEnvironment("ACCOUNT_CONNECTION_ID") },
    body: { resources: [{ id: "folder-1", kind: "folder", name: "Team" }] },
    client: { method: "connections.configure", takes: ["params", "body"] },
  },
  listSyncRuns: { params: { connectionId }, query: { limit: 10 } },
};

const documents: Readonly<Record<string, Example>> = {
  addDocument: {
    body: {
      content: "# Travel\n\nFlights are booked by the assistant of the team.",
      containerTag: "team_docs",
      customId: "handbook-travel",
      metadata: { team: "people", year: 2026 },
    },
    client: { method: "documents.add", takes: ["body"] },
  },
  batchAddDocuments: {
    body: {
      containerTag: "team_docs",
      documents: [
        { content: "Expenses are paid within a week.", customId: "handbook-expenses" },
        { content: "The office opens at eight.", metadata: { team: "office" } },
      ],
    },
    client: { method: "documents.batchAdd", takes: ["body"] },
  },
  uploadDocument: {
    file: "handbook.md",
    body: { containerTag: "team_docs", metadata: { team: "people" } },
    client: { method: "documents.uploadFile", takes: ["form"] },
  },
  getDocument: { params: byDocument, client: { method: "documents.get", takes: ["params"] } },
  updateDocument: {
    params: byDocument,
    body: { metadata: { team: "people", year: 2027 } },
    client: { method: "documents.update", takes: ["params", "body"] },
  },
  deleteDocument: { params: byDocument, client: { method: "documents.delete", takes: ["params"] } },
  deleteDocuments: {
    body: { ids: ["handbook-travel", documentId] },
    client: { method: "documents.deleteBulk", takes: ["body"] },
  },
  listDocuments: {
    body: {
      containerTags: ["team_docs"],
      limit: 20,
      filters: { AND: [{ key: "team", value: "people" }] },
    },
    client: { method: "documents.list", takes: ["body"] },
  },
  listProcessing: { client: { method: "documents.listProcessing", takes: [] } },
  listChunks: { params: byDocument },
  getFileUrl: { params: { documentId: fromEnvironment("FILE_DOCUMENT_ID") } },
};

const others: Readonly<Record<string, Example>> = {
  searchDocuments: {
    body: { q: "who books flights", containerTags: ["team_docs"], limit: 5 },
    client: { method: "search.documents", takes: ["body"] },
  },
  searchChunks: {
    body: { q: "who books flights", containerTag: "team_docs", searchMode: "documents" },
    client: { method: "search.memories", takes: ["body"] },
  },
  getSettings: { client: { method: "settings.get", takes: [] } },
  updateSettings: { body: { redirectOrigins: ["https://app.example.com"] } },
  createScopedKey: {
    body: { containerTag: "team_docs", name: "Support bot", expiresInDays: 90, scopes: ["read"] },
  },
  listScopedKeys: { query: { containerTag: "team_docs" } },
  rotateScopedKey: { params: { keyId }, body: { graceSeconds: 3600 } },
  revokeScopedKey: { params: { keyId } },
};

export const examples: ReadonlyMap<string, Example> = new Map(
  Object.entries({ ...connections, ...documents, ...others }),
);
