import type { JsonValue, Metadata } from "#lib/contract/views.ts";

/** What callers of lib/connections/service.ts say. Everything is checked again inside: these types promise nothing about content. */

export interface CreateConnectionInput {
  readonly provider: string;
  /** the provider's settings, secrets included */
  readonly settings: Readonly<Record<string, JsonValue>>;
  /** the caller's own metadata, copied onto every document; must not use the names of settings */
  readonly metadata?: Metadata;
  readonly name?: string;
  readonly containerTags?: readonly string[];
  /** 1 to 10,000; the default is 10,000 */
  readonly documentLimit?: number;
  /** at least 60; null or absent = the provider's default */
  readonly intervalSeconds?: number | null;
  readonly redirectUrl?: string;
}

/** Only what is named changes. */
export interface UpdateConnectionInput {
  readonly name?: string;
  readonly containerTags?: readonly string[];
  readonly documentLimit?: number;
  /** null = back to the provider's default */
  readonly intervalSeconds?: number | null;
  /**
   * Merged over the stored ones; null takes a setting away. Secrets that are absent or empty stay as they are.
   * A change is checked against the provider before it is stored.
   */
  readonly settings?: Readonly<Record<string, JsonValue>>;
  /** The caller's own: merged over the stored one, null takes a key away. Documents get it as they are synced again. */
  readonly metadata?: Readonly<Record<string, JsonValue>>;
}

export interface ListConnectionsInput {
  readonly provider?: string;
  /** connections that have all of these; empty = no filter */
  readonly containerTags?: readonly string[];
}

export interface DeleteConnectionInput {
  /** false keeps the documents, detached from the connection */
  readonly deleteDocuments: boolean;
  /** seconds in which restoreConnection() still works; the API uses 0 */
  readonly undoSeconds?: number;
}

export interface TestConnectionInput {
  readonly provider: string;
  readonly settings: Readonly<Record<string, JsonValue>>;
  /** when editing: secrets left out are taken from this connection */
  readonly connectionId?: string;
}

export interface PreviewTagsInput {
  readonly provider: string;
  readonly settings: Readonly<Record<string, JsonValue>>;
  /** at most 100 ids at the provider, e.g. keys */
  readonly ids: readonly string[];
  readonly connectionId?: string;
  /** the connection's own tags, used where configuration does not say otherwise */
  readonly containerTags?: readonly string[];
}
