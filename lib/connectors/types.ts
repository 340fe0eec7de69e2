import type { z } from "zod";
import type { Http, Pace } from "#lib/egress/types.ts";
import type { DocumentType, Page, PageInput } from "#lib/extract/types.ts";

/**
 * A connector is a function of its `ctx`: it reports what a provider holds and reads single items. It never sees the
 * database, the queue, other connectors or the process. Adding a provider = one folder beside this file + one line in
 * `index.ts`; its `config` drives API validation, the form, the snippets and what is sealed.
 */

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** One item at the provider. */
export interface ItemRef {
  /**
   * The provider's own id or full key, exactly: any string whose encoding (lib/sync/key.ts) has at most 2,048 bytes.
   * Bytes that are not UTF-8 are written as lone surrogates U+DC80–U+DCFF ("surrogateescape").
   */
  readonly id: string;
  /** changes whenever the content may have changed (ETag + size, revision, text hash) */
  readonly version: string;
  readonly title: string;
  readonly url?: string;
  readonly mime?: string;
  readonly bytes?: number;
  readonly updatedAt?: Date;
  /** replaces the connection's own container tags for this item */
  readonly tags?: readonly string[];
  /** path shown to people, e.g. the key without its prefix */
  readonly filepath?: string;
  /** facts copied into the document's metadata (strings, numbers, booleans); never secrets */
  readonly metadata?: Readonly<Record<string, string | number | boolean>>;
  /** what read() needs beside the id; at most 4 kB */
  readonly data?: Json;
}

export type Content =
  /** raw bytes; extraction turns them into Markdown or skips them with their type named */
  | {
      readonly kind: "bytes";
      readonly bytes: Uint8Array;
      readonly mime?: string;
      readonly filename?: string;
      /** what the item is at its source, where that says more than its bytes: a spreadsheet that was exported */
      readonly type?: DocumentType;
      /** wins over a title found in the bytes */
      readonly title?: string;
    }
  /** Markdown already */
  | { readonly kind: "markdown"; readonly markdown: string; readonly title?: string; readonly type: DocumentType };

/** Why an item is not stored. The console maps each to a sentence and a remedy (lib/contract/reasons.ts). */
export type SkipReason =
  | "unsupported_type"
  /** a shortcut, a notebook…: nothing that could be converted */
  | "not_a_file"
  | "too_large"
  | "archived"
  | "folder_marker"
  | "encrypted"
  | "broken"
  | "bomb"
  | "empty"
  | "filtered"
  /** somebody deleted the document here; the engine says so, never a connector */
  | "excluded"
  | "tag_invalid"
  /** waits for a person to decide what happens with such items */
  | "held"
  | "robots"
  | "noindex"
  | "redirected"
  | "duplicate"
  | "blocked_address"
  | "denied"
  | "missing"
  | "id_too_long"
  | "timeout"
  | "memory"
  | "unreachable"
  | "crashed";

export type Change<Cursor> =
  /** the item exists. With `content` the engine stores that; without, it calls read() if the version is not the stored one */
  | { readonly type: "upsert"; readonly item: ItemRef; readonly content?: Content; readonly memo?: Json }
  /** the provider says it is gone (not merely unseen) */
  | { readonly type: "delete"; readonly id: string; readonly detail?: string }
  /** exists, but is not to be stored; a document stored earlier for it is removed under the deletion guard */
  | {
      readonly type: "skip";
      readonly item: ItemRef;
      readonly reason: SkipReason;
      readonly detail?: string;
      readonly memo?: Json;
    }
  /** exists, but reading it failed for now: a stored document stays, the item is tried again next run */
  | { readonly type: "fail"; readonly item: ItemRef; readonly reason: SkipReason; readonly detail: string }
  /** so many new items are left to later runs because of ctx.limit: counted, not listed */
  | { readonly type: "waiting"; readonly count: number }
  /** everything yielded before it may be committed together with this cursor */
  | { readonly type: "checkpoint"; readonly cursor: Cursor }
  /** the end */
  | { readonly type: "done"; readonly coverage: Coverage; readonly cursor: Cursor };

/**
 * full: everything there is was named, so absence counts towards deletion (if nothing was cut short).
 * delta: only what changed was named; the engine itself reads again what failed before.
 * visited: everything was looked for and what is gone was named; absence says nothing about documents, but skips and
 * failures of earlier runs that were not met again are forgotten.
 */
export type Coverage = "full" | "delta" | "visited";

/** What the engine knows about an item from earlier runs. */
export interface KnownItem {
  readonly id: string;
  /** stored = a live document; skipped/failed = seen but not stored */
  readonly state: "stored" | "skipped" | "failed";
  readonly version: string | null;
  readonly memo: Json;
}

export interface Known {
  /** by id; unknown ids are absent. At most 5,000 ids a call. */
  get(ids: readonly string[]): Promise<ReadonlyMap<string, KnownItem>>;
  /** items already decided in this very run: lets a run that was taken over go on where the last one stopped */
  seenThisRun(): AsyncIterable<readonly KnownItem[]>;
  /** stored documents this run has not seen (call it when the listing is complete) */
  unseen(): AsyncIterable<readonly KnownItem[]>;
}

/**
 * keyed: changes() yields ids in ascending order of their encoded bytes, so absence is found by a merge-join in flat memory.
 * marked: any order; the engine marks each item as seen in this run.
 */
export type ListingOrder = "keyed" | "marked";

export interface Ctx<Config extends object> {
  /** parsed, unsealed, frozen */
  readonly config: Readonly<Config>;
  /**
   * Egress policy, pacing, limits and retries inside. With OAuth also the access token, on requests to `api`'s origin
   * only: it is renewed in time and after a 401, and a grant that is dead throws Failure("reauth").
   */
  readonly http: Http;
  /** OAuth: address of the provider's API, e.g. `https://graph.microsoft.com/v1.0`, without a slash at the end; else "" */
  readonly api: string;
  /** OAuth: what `auth.keep` kept of the token reply; else empty */
  readonly grant: Readonly<Record<string, Json>>;
  /** HTML → links and Markdown in a worker thread */
  readonly page: (input: PageInput) => Promise<Page>;
  readonly known: Known;
  /** true when this run was begun by a worker that died or had to stop: `since` is this run's own last checkpoint */
  readonly resuming: boolean;
  /** how many new documents this run may still add */
  readonly limit: number;
  /** aborted when the run is cancelled, loses its fence, or the worker stops */
  readonly signal: AbortSignal;
  readonly now: () => Date;
  /** a note for people on the run page, e.g. "The site asks crawlers to wait 10 s between pages." At most 20 a run. */
  readonly note: (text: string) => void;
  readonly log: (
    level: "debug" | "info" | "warn",
    message: string,
    fields?: Record<string, string | number | boolean>,
  ) => void;
}

/** The door to a provider with a grant's access token on the requests that may carry it. */
export type Authorized = Pick<Ctx<object>, "http" | "grant">;

export type FailureKind =
  /** the credentials or the grant are dead: a person has to reconnect */
  | "reauth"
  /** credentials are fine but may not do this */
  | "denied"
  /** the bucket, site or account is not there */
  | "missing"
  | "throttled"
  /** the cursor is not accepted any more: start again */
  | "cursor_expired"
  /** worth another try by itself */
  | "transient"
  /** the egress guard refused the address */
  | "blocked"
  /** wrong settings or an answer that makes no sense: trying again changes nothing */
  | "permanent";

/** A run or a check that cannot go on. The text is for people: what happened, then what to do. */
export class Failure extends Error {
  readonly kind: FailureKind;
  /** one sentence: what to do */
  readonly fix: string;
  readonly retryAfterSeconds: number | undefined;
  /** the setting it is about, e.g. `metadata.region` */
  readonly field: string | undefined;
  constructor(
    kind: FailureKind,
    message: string,
    options: { fix: string; field?: string; retryAfterSeconds?: number; cause?: unknown },
  ) {
    super(message, { cause: options.cause });
    this.name = "Failure";
    this.kind = kind;
    this.fix = options.fix;
    this.field = options.field;
    this.retryAfterSeconds = options.retryAfterSeconds;
  }
}

/** Who a connection is connected as. */
export interface Account {
  /** stable: the same account gives the same id (reconnect compares it) */
  readonly id: string;
  /** for people: "docs-bucket (eu-central-1)", "docs.example.com" */
  readonly label: string;
  readonly email?: string;
  /** a taste of what is there: first keys, the page title… at most 20 */
  readonly sample: readonly {
    readonly id: string;
    readonly title: string;
    readonly bytes?: number;
    readonly tags?: readonly string[];
  }[];
  /** settings the provider corrected, e.g. the bucket's real region; merged into config */
  readonly corrected?: Readonly<Record<string, Json>>;
}

export interface FieldHint {
  readonly label: string;
  /** one line under the field */
  readonly help?: string;
  readonly placeholder?: string;
  /** "resources" is chosen with a picker after connecting, not typed */
  readonly kind?: "text" | "secret" | "url" | "number" | "list" | "switch" | "select" | "resources";
  readonly options?: readonly { readonly value: string; readonly label: string }[];
  /** "advanced" fields are folded away */
  readonly group?: "main" | "advanced";
}

export type Auth = { readonly kind: "keys" } | { readonly kind: "none" } | OAuth;

/** Where one of a provider's services is reached. lib/oauth/endpoints.ts makes addresses of it. */
export interface Endpoint {
  /** the provider's real address up to `path`, e.g. `https://graph.microsoft.com`; `{tenant}` is filled in */
  readonly base: string;
  /** what follows the base, e.g. `/v1.0`; an operator's address may already end with it */
  readonly path: string;
  /** the variable (lib/env.ts) that replaces the base, for sovereign clouds and tests, e.g. `MICROSOFT_GRAPH_URL` */
  readonly variable: string;
}

/**
 * How a provider's OAuth 2.0 differs from the standard, as data. The flow itself is lib/oauth's: authorization code
 * (RFC 6749 4.1) with PKCE (RFC 7636), exactly one redirect URI.
 */
export interface OAuth {
  readonly kind: "oauth";
  /** the operator's variables: `GOOGLE` reads GOOGLE_CLIENT_ID and GOOGLE_CLIENT_SECRET */
  readonly variables: string;
  /** fields of /v3/settings: `googleDrive` has googleDriveClientId, googleDriveClientSecret, googleDriveCustomKeyEnabled */
  readonly settings: string;
  /** who signs, as the callback's `iss` names it (RFC 9207); null = this provider sends none that could be compared */
  readonly issuer: string | null;
  readonly authorize: Endpoint;
  readonly token: Endpoint;
  /** what changes() and read() talk to; only this origin ever gets the access token */
  readonly api: Endpoint;
  /** RFC 7009, spoken like the token endpoint; absent = the provider has no such endpoint */
  readonly revoke?: Endpoint;
  /** the least that works, each in words for the person who consents: "Read your files" */
  readonly scopes: readonly { readonly name: string; readonly words: string }[];
  /** false only for a provider that refuses PKCE */
  readonly pkce: boolean;
  /** where client id and secret go in token requests: an Authorization header, or the body */
  readonly clientAuth: "basic" | "body";
  readonly tokenFormat: "form" | "json";
  /** more headers of token and revocation requests, e.g. the version of an API they are part of */
  readonly tokenHeaders?: Readonly<Record<string, string>>;
  /**
   * true = the token endpoint judges a refresh token before it looks at who asks: that it refuses a made-up one says
   * nothing about client id and secret
   */
  readonly judgesTokenFirst?: boolean;
  /** more parameters of the authorize URL, e.g. `access_type=offline` */
  readonly authorizeParams: Readonly<Record<string, string>>;
  /** fills `{tenant}` in addresses; an organization's own app may name another one */
  readonly tenant?: {
    readonly fallback: string;
    readonly variable: string;
    readonly label: string;
    readonly help: string;
  };
  /** fields of the token reply that are kept with the grant and given to the connector as ctx.grant; never tokens */
  readonly keep: readonly string[];
  /** shown before a person is sent to the provider, and on the page an end user sees */
  readonly consent: {
    /** below “What will be read”: "The pages you select" */
    readonly reads: readonly string[];
    /** "Change or delete anything" */
    readonly never: readonly string[];
    /** where to end it at the provider: "Notion → Settings → Connections → Disconnect" */
    readonly stop: string;
  };
  /** how to make an OAuth app, for the set-up page */
  readonly setup: {
    /** "Google Cloud console" */
    readonly where: string;
    readonly url: string;
    readonly steps: readonly string[];
    /** what no check can see, in words: "In testing mode Google ends every grant after 7 days." */
    readonly caveats: readonly string[];
  };
}

/** A folder or file a person can choose to sync. */
export interface Resource {
  readonly id: string;
  readonly name: string;
  readonly kind: "folder" | "file" | "drive";
  /** for people: "My Drive / Team" */
  readonly path?: string;
  readonly mime?: string;
  readonly updatedAt?: Date;
  /** may be opened to list what is in it */
  readonly opens: boolean;
}

/** A choice as it is stored in the connection's settings. */
export interface ChosenResource {
  readonly id: string;
  readonly name: string;
  readonly kind: Resource["kind"];
}

/** For providers of which a part can be chosen: what there is, and where the choice is kept. */
export interface Resources<Config extends object> {
  /** the setting that holds ChosenResource[] */
  readonly setting: keyof Config & string;
  /** other settings that a choice brings with it, e.g. the scope in which it counts */
  readonly alongside?: Partial<Config>;
  /** true = nothing is synced until somebody chooses */
  readonly needed: (config: Readonly<Config>) => boolean;
  /** one page of what is in `parent` (null = the top), or of what `search` finds. @throws Failure */
  list(
    ctx: Ctx<Config>,
    query: { readonly parent: string | null; readonly search: string | null; readonly page: string | null },
  ): Promise<{ readonly resources: readonly Resource[]; readonly next: string | null }>;
}

/** A request to our address for a provider's notices, as it came. */
export interface IncomingNotice {
  readonly query: URLSearchParams;
  /** names in lower case */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

/** What such a request says. Nothing of it is believed before its secret or signature was compared. */
export type Heard =
  /** the provider asks whether we are there: exactly this text goes back, as plain text */
  | { readonly kind: "echo"; readonly text: string }
  /** not in the documented form */
  | { readonly kind: "nonsense" }
  /** each names the channel it came through and its secret */
  | { readonly kind: "channels"; readonly notices: readonly ChannelNotice[] }
  /** the request as a whole is signed with a secret of the OAuth app */
  | { readonly kind: "signed"; readonly notice: SignedNotice };

export interface ChannelNotice {
  /** ChannelOrder.id */
  readonly channel: string;
  readonly secret: string;
  /** rises with each notice of the channel; null = the provider does not number them */
  readonly number: number | null;
  /**
   * changed: something did. hello: the channel works, nothing happened. expiring: it has to be renewed now.
   * ended: it will tell nothing more.
   */
  readonly event: "changed" | "hello" | "expiring" | "ended";
}

export interface SignedNotice {
  /** whether this secret made the signature; compared in constant time */
  readonly signedWith: (secret: string) => boolean;
  /** Account.id of the connections it is about; null = none */
  readonly account: string | null;
  /** when it happened; null = not said */
  readonly at: Date | null;
  /** the secret itself, handed over when the address is registered with the provider; else null */
  readonly handshake: string | null;
}

/** A channel to be made. */
export interface ChannelOrder {
  /** ours, 22 characters */
  readonly id: string;
  /** 43 characters; comes back with every notice */
  readonly secret: string;
  /** where notices go */
  readonly address: string;
}

export interface Channel {
  /** what the provider needs to renew or end it */
  readonly remoteId: string;
  readonly expiresAt: Date;
}

/** For providers that tell of changes by themselves. Notices only make a sync begin sooner: the schedule stays. */
export interface Webhook<Config extends object> {
  /** a pure function of the request */
  hear(request: IncomingNotice): Heard;
  /**
   * Signed notices: the operator's variable with the secret; an organization's own app has its own. Their address is
   * registered by hand in the provider's settings.
   */
  readonly secretVariable?: string;
  /** Channels: one per connection, made and renewed by us. */
  readonly channels?: {
    /** renewed when it has less than so many hours left */
    readonly renewHours: number;
    /** @throws Failure, EgressError */
    subscribe(ctx: Ctx<Config>, order: ChannelOrder): Promise<Channel>;
    /** absent = another channel is made, then this one is ended. @throws Failure, EgressError */
    renew?(ctx: Ctx<Config>, remoteId: string): Promise<Channel>;
    /** One that is gone already counts as ended. @throws Failure, EgressError */
    end(ctx: Ctx<Config>, channel: { readonly id: string; readonly remoteId: string }): Promise<void>;
  };
}

export interface Connector<Config extends object = Record<string, unknown>, Cursor = unknown> {
  readonly id: string;
  readonly name: string;
  /** one line for the tile */
  readonly summary: string;
  /** ["page", "pages"]: "412 pages" */
  readonly noun: readonly [one: string, many: string];
  /** the tile's group in "Connect" */
  readonly category: "workspace" | "drive" | "storage" | "web";
  /** the `metadata` of POST /v3/connections/{provider}; keys it does not name are the caller's own metadata */
  readonly config: z.ZodType<Config>;
  /** names of config's keys, all of them */
  readonly settings: readonly (keyof Config & string)[];
  /** sealed, write-only, never copied to a document, log or reply */
  readonly secrets: readonly (keyof Config & string)[];
  /** settings whose change makes the cursor meaningless (start again from a full listing) */
  readonly rescan: readonly (keyof Config & string)[];
  readonly fields: { readonly [K in keyof Config & string]?: FieldHint };
  readonly auth: Auth;
  /** an unreadable cursor means: start again */
  readonly cursor: z.ZodType<Cursor>;
  readonly order: ListingOrder;
  /** OAuth with parts to choose from */
  readonly resources?: Resources<Config>;
  /** tells of changes by itself */
  readonly webhook?: Webhook<Config>;
  /** egress allow-list of this connection; undefined = any public host. The hosts of `auth`'s endpoints are added to it */
  readonly hosts: (config: Readonly<Config>) => readonly string[] | undefined;
  readonly pace: (config: Readonly<Config>) => Pace;
  /** reads under way at once */
  readonly readers: number;
  readonly everyHours: number;
  /** type of its documents in the public API when extraction does not say better */
  readonly documentType: DocumentType;
  /** the document's `customId`, stable over syncs */
  readonly customId: (config: Readonly<Config>, id: string) => string;
  /** which container tags an id gets by configuration alone (live preview in the form); absent = always the connection's own */
  readonly tagsOf?: (
    config: Readonly<Config>,
    id: string,
  ) => { readonly tags?: readonly string[]; readonly skip?: SkipReason; readonly why?: string };
  /** "Test connection", create and edit: cheap and read-only. @throws Failure */
  check(ctx: Ctx<Config>): Promise<Account>;
  /** @throws Failure, EgressError */
  changes(ctx: Ctx<Config>, since: Cursor | null): AsyncGenerator<readonly Change<Cursor>[], void, void>;
  /** one item's content. @throws Failure, EgressError, ItemGone, ItemSkip, ItemChanged */
  read(ctx: Ctx<Config>, item: ItemRef): Promise<Content>;
}

/** Thrown by read(): the item vanished between listing and reading. */
export class ItemGone extends Error {}

/** Thrown by read(): the item changed between listing and reading; the next run takes it. */
export class ItemChanged extends Error {}

/** Thrown by read(): the item exists but is not to be stored. */
export class ItemSkip extends Error {
  readonly reason: SkipReason;
  constructor(reason: SkipReason, message: string) {
    super(message);
    this.reason = reason;
  }
}

/** Keeps the types of a connector's config and cursor while the registry forgets them. */
export function defineConnector<Config extends object, Cursor>(connector: Connector<Config, Cursor>): Connector {
  return connector as unknown as Connector;
}
