/**
 * What services hand to the console and what the API's wire shapes are made from. Plain JSON: dates are ISO 8601
 * strings in UTC with milliseconds, sizes are bytes, absent facts are null. Secrets never appear in any of them.
 */
import type { AccessScope } from "./access.ts";
import type { FieldProblem } from "./errors.ts";

export type JsonValue = null | boolean | number | string | readonly JsonValue[] | { readonly [key: string]: JsonValue };
export type Metadata = Readonly<Record<string, string | number | boolean>>;

/** One kind of source that can be connected, with all a form needs to know. */
export interface ProviderView {
  readonly id: string;
  readonly name: string;
  readonly summary: string;
  readonly category: "workspace" | "drive" | "storage" | "web";
  /** ["page", "pages"] */
  readonly noun: readonly [one: string, many: string];
  readonly auth: "keys" | "none" | "oauth";
  /** OAuth: false = nobody has entered an OAuth app yet (settings, or the operator's variables); true for the others */
  readonly ready: boolean;
  /** OAuth: the provider does not accept the organization's own app, which is in use */
  readonly appRefused: boolean;
  /** OAuth: what a person is told before they are sent to the provider; null for the others */
  readonly consent: ConsentView | null;
  /** in the order the connector names them */
  readonly fields: readonly ProviderFieldView[];
  /** JSON Schema (draft 2020-12) of its settings, for snippets and documentation */
  readonly schema: JsonValue;
  readonly defaultIntervalSeconds: number;
  /** whether ids map to tags by configuration, so that previewTags() has something to say */
  readonly previewsTags: boolean;
  /** connections of the caller's organization; null where nobody is asking */
  readonly connections: number | null;
}

/** In words for people: nothing here is technical. */
export interface ConsentView {
  readonly reads: readonly string[];
  readonly never: readonly string[];
  /** how to end it at the provider */
  readonly stop: string;
  readonly scopes: readonly { readonly name: string; readonly words: string }[];
}

export interface ProviderFieldView {
  readonly name: string;
  readonly label: string;
  readonly help: string | null;
  readonly placeholder: string | null;
  readonly kind: "text" | "secret" | "url" | "number" | "list" | "switch" | "select" | "resources";
  readonly options: readonly { readonly value: string; readonly label: string }[];
  readonly group: "main" | "advanced";
  readonly required: boolean;
  readonly secret: boolean;
  /** what applies when it is left out; null = nothing */
  readonly default: JsonValue;
}

/** Derived by lib/connections/status.ts from facts; never stored. */
export type ConnectionStatus =
  | "syncing"
  | "queued"
  | "waiting"
  | "synced"
  | "never_synced"
  | "needs_reconnect"
  /** connected, and waits for somebody to choose what is synced */
  | "needs_selection"
  | "failing"
  | "attention"
  | "paused"
  | "deleting";

export interface ConnectionView {
  readonly id: string;
  readonly provider: string;
  readonly providerName: string;
  readonly noun: readonly [one: string, many: string];
  /** what people call it; falls back to the account label, then the provider's name; never empty */
  readonly name: string;
  readonly state: "active" | "paused" | "deleting";
  readonly status: ConnectionStatus;
  /** one sentence for people about the status: what is wrong and what to do; null when all is well */
  readonly statusDetail: string | null;
  /** OAuth: can be reconnected in place */
  readonly reconnects: boolean;
  readonly account: { readonly id: string; readonly label: string; readonly email: string | null } | null;
  /** what of the source is synced; null for providers whose connections are synced whole */
  readonly selection: SelectionView | null;
  /** null where the provider never tells of changes by itself, and in lists */
  readonly notices: NoticesView | null;
  readonly containerTags: readonly string[];
  /** new documents one run may add */
  readonly documentLimit: number;
  /** the provider's settings without its secrets */
  readonly settings: Readonly<Record<string, JsonValue>>;
  readonly secrets: readonly SecretView[];
  /** the caller's own metadata, copied onto every document */
  readonly metadata: Metadata;
  /** seconds between scheduled syncs, in effect */
  readonly intervalSeconds: number;
  /** true when intervalSeconds was set for this connection rather than taken from the provider's default */
  readonly intervalIsCustom: boolean;
  readonly nextSyncAt: string | null;
  readonly lastSyncedAt: string | null;
  readonly documentCount: number;
  /** items seen but skipped or failed */
  readonly issueCount: number;
  /** documents gone at the source that wait for a person's decision */
  readonly heldDeletions: number;
  /** the newest run, which may be waiting for its turn */
  readonly lastRun: RunView | null;
  /** the newest run that has begun */
  readonly lastStartedRun: RunView | null;
  readonly createdAt: string;
  readonly updatedAt: string;
  /** while being deleted: undo is possible until then */
  readonly deleteAfter: string | null;
  readonly deleteDocuments: boolean;
}

/** A folder or file at the source that can be chosen. */
export interface ResourceView {
  readonly id: string;
  readonly name: string;
  readonly kind: "folder" | "file" | "drive";
  /** for people: "My Drive / Team" */
  readonly path: string | null;
  readonly mime: string | null;
  readonly updatedAt: string | null;
  /** may be opened to list what is in it */
  readonly opens: boolean;
}

export interface ResourcePageView {
  readonly resources: readonly ResourceView[];
  /** opaque; null = that was the last page */
  readonly next: string | null;
}

export type ChosenView = Pick<ResourceView, "id" | "name" | "kind">;

/** Whether changes make a sync begin at once; if not, the schedule finds them. */
export interface NoticesView {
  readonly arrive: boolean;
  /** why not, where that is known */
  readonly detail: string | null;
}

export interface SelectionView {
  /** name of the setting that holds it */
  readonly setting: string;
  /** empty although nothing is needed = everything is synced */
  readonly chosen: readonly ChosenView[];
  /** nothing is synced until somebody chooses */
  readonly needed: boolean;
  /** at least one has to be chosen; false = choosing nothing means everything */
  readonly required: boolean;
}

export interface SecretView {
  readonly name: string;
  readonly label: string;
  readonly set: boolean;
  /** to tell keys apart; null where it would give away a short secret, and in lists */
  readonly last4: string | null;
}

export type RunStatus = "queued" | "running" | "completed" | "failed" | "canceled";
export type RunTrigger = "event" | "cron" | "manual";
export type RunVerdict = "new" | "changed" | "same" | "removed" | "skipped" | "failed";
export type RunErrorCode = "auth_expired" | "rate_limited" | "plan_required" | "provider_unavailable" | "internal";

export interface RunView {
  readonly id: string;
  readonly connectionId: string;
  readonly status: RunStatus;
  readonly trigger: RunTrigger;
  /** API key id or user id of whoever asked; null for the schedule */
  readonly requestedBy: string | null;
  readonly queuedAt: string;
  readonly startedAt: string | null;
  readonly completedAt: string | null;
  /** it waits for the provider until then */
  readonly waitingUntil: string | null;
  readonly cancelRequested: boolean;
  readonly attempts: number;
  readonly phase: "listing" | "reading" | "finishing" | null;
  readonly counts: RunCounts;
  readonly bytesRead: number;
  readonly bytesSaved: number;
  readonly requests: number;
  readonly errorCode: RunErrorCode | null;
  readonly failureKind: string | null;
  readonly error: string | null;
  readonly notes: readonly string[];
}

export interface RunCounts {
  /** items the provider named so far */
  readonly listed: number;
  readonly new: number;
  readonly changed: number;
  readonly same: number;
  readonly removed: number;
  readonly skipped: number;
  readonly failed: number;
  /** new items left for later runs because of the document limit */
  readonly waiting: number;
  /** deletions held for review */
  readonly held: number;
}

export interface RunItemView {
  readonly id: string;
  readonly runId: string;
  readonly verdict: RunVerdict;
  readonly title: string;
  readonly externalId: string;
  readonly documentId: string | null;
  /** key into lib/contract/reasons.ts */
  readonly reason: string | null;
  readonly detail: string | null;
  readonly at: string;
}

export type DocumentStatus =
  "unknown" | "queued" | "extracting" | "chunking" | "embedding" | "indexing" | "done" | "failed";

export interface DocumentListItem {
  readonly id: string;
  readonly connectionId: string | null;
  readonly customId: string | null;
  readonly provider: string | null;
  readonly type: string;
  readonly status: DocumentStatus;
  readonly title: string | null;
  readonly summary: string | null;
  readonly url: string | null;
  readonly filepath: string | null;
  readonly mime: string | null;
  /** size at the source */
  readonly bytes: number | null;
  /** hex SHA-256 of the content */
  readonly contentHash: string | null;
  readonly containerTags: readonly string[];
  readonly metadata: Metadata;
  readonly sourceUpdatedAt: string | null;
  readonly createdAt: string;
  readonly updatedAt: string;
  /** why its status is failed, or, while it is queued, what went wrong and when it is tried again; for people */
  readonly failure: string | null;
  /** added through the API or here: no connection ever owned it */
  readonly added: boolean;
}

export interface DocumentView extends DocumentListItem {
  /** the Markdown */
  readonly content: string | null;
  readonly taskType: "memory" | "superrag";
  /** it was uploaded, and the file is still there */
  readonly file: boolean;
  /** pieces of it that search finds */
  readonly chunks: number;
}

/** A document in the console's lists. */
export interface DocumentRow {
  readonly id: string;
  readonly title: string;
  /** path, address or the application's own id; null = there is no more to say than the title */
  readonly where: string | null;
  readonly type: string;
  readonly status: DocumentStatus;
  readonly failure: string | null;
  readonly provider: string | null;
  /** null = it was added, or its connection is gone */
  readonly connection: { readonly id: string; readonly name: string } | null;
  readonly added: boolean;
  readonly containerTags: readonly string[];
  readonly bytes: number | null;
  readonly updatedAt: string;
  /** where a search found it, in parts; the odd ones match */
  readonly snippet: readonly string[] | null;
}

export interface DocumentRowPage {
  readonly items: readonly DocumentRow[];
  /** opaque; null = there is nothing after it */
  readonly next: string | null;
  /** opaque; null = there is nothing before it */
  readonly previous: string | null;
  /** a search shows what fits best, and no more than this many; null for listings, which go on */
  readonly best: number | null;
}

/** A sync in the console's lists. */
export interface RunRow {
  readonly run: RunView;
  /** left out where all runs are of one connection */
  readonly connection?: { readonly name: string; readonly provider: string };
}

/** A page of a keyset listing: pass `next` back as `after` for the following one. */
export interface KeysetPage<Item> {
  readonly items: readonly Item[];
  /** opaque; null = that was the last page */
  readonly next: string | null;
}

export interface KeyView {
  readonly id: string;
  readonly name: string;
  /** last four characters */
  readonly suffix: string;
  /** by the database's clock, when the view was made */
  readonly state: "working" | "expired" | "revoked";
  readonly scopes: readonly AccessScope[];
  /** the only container it reaches; null = all of the organization */
  readonly containerTag: string | null;
  /** requests it may make in so much time; null = as many as any key */
  readonly rate: { readonly max: number; readonly windowMs: number } | null;
  readonly createdAt: string;
  readonly createdBy: string | null;
  readonly expiresAt: string | null;
  readonly revokedAt: string | null;
  /** to the minute */
  readonly lastUsedAt: string | null;
  readonly rotatedAt: string | null;
  /** the secret before the last rotation works until then; null = it does not */
  readonly previousUntil: string | null;
}

export interface AuditView {
  readonly id: string;
  readonly at: string;
  /** user:<id> | key:<id> | run:<id> | system */
  readonly actor: string;
  readonly action: string;
  readonly target: string | null;
  readonly detail: JsonValue;
  readonly address: string | null;
}

/** What "Test connection" answers. Never thrown: a refusal by the provider is an answer. */
export type TestResult =
  | {
      readonly ok: true;
      readonly account: { readonly id: string; readonly label: string; readonly email: string | null };
      /** first things found there, with the tags they would get */
      readonly sample: readonly {
        readonly id: string;
        readonly title: string;
        readonly bytes: number | null;
        readonly tags: readonly string[] | null;
      }[];
      /** settings the provider corrected, e.g. the bucket's real region */
      readonly corrected: Readonly<Record<string, JsonValue>>;
    }
  | {
      readonly ok: false;
      /** Failure.kind, or "invalid" when the settings themselves are wrong */
      readonly kind: string;
      readonly message: string;
      readonly fix: string;
      /** the setting it is about, e.g. `metadata.region` */
      readonly field: string | null;
      /** every problem with the settings, when kind is "invalid" */
      readonly problems: readonly FieldProblem[];
    };

/** Which tags an id would get. */
export interface TagPreview {
  readonly id: string;
  /** null = not stored */
  readonly tags: readonly string[] | null;
  /** why it is not stored, or where the tags come from */
  readonly why: string | null;
}
