import { createHash } from "node:crypto";
import type { FakeAccount } from "#lib/testing/fake-oauth.ts";
import { parseFields, pick } from "./fields.ts";
import { presentation, workbook } from "./office.ts";
import { MissingParent, parseQuery, QueryError } from "./query.ts";
import { bytesOf, isFolder, isNative, mimes, type DriveStore, type FakeFile } from "./store.ts";

/** What Drive v3 answers, after its reference. Anything the reference does not allow is refused as Drive refuses it. */

export interface Answer {
  readonly status: number;
  readonly body: Uint8Array | string;
  readonly type: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** An error as Google's APIs write it. */
export function googleError(
  status: number,
  reason: string,
  message: string,
  more: {
    readonly location?: string;
    readonly headers?: Readonly<Record<string, string>>;
    readonly domain?: string;
  } = {},
): Answer {
  const error = {
    message,
    domain: more.domain ?? "global",
    reason,
    ...(more.location === undefined ? {} : { location: more.location, locationType: "parameter" }),
  };
  return {
    status,
    type: "application/json; charset=UTF-8",
    body: JSON.stringify({ error: { code: status, message, errors: [error] } }),
    ...(more.headers ? { headers: more.headers } : {}),
  };
}

const notFound = (id: string): Answer => googleError(404, "notFound", `File not found: ${id}.`, { location: "fileId" });

const xlsx = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
const pptx = "application/vnd.openxmlformats-officedocument.presentationml.presentation";

const exporters: Readonly<Record<string, Readonly<Record<string, (file: FakeFile) => Uint8Array | string>>>> = {
  [mimes.doc]: {
    "text/markdown": (file) => file.body.text ?? "",
    "text/plain": (file) => `\u{feff}${file.body.text ?? ""}`,
  },
  [mimes.sheet]: {
    [xlsx]: (file) => workbook(file.body.sheets ?? []),
    "text/csv": (file) => (file.body.sheets?.[0]?.rows ?? []).map((row) => row.join(",")).join("\r\n"),
  },
  [mimes.slides]: {
    [pptx]: (file) => presentation(file.body.slides ?? []),
    "text/plain": (file) =>
      (file.body.slides ?? []).map(({ title, lines }) => [title, ...lines].join("\n")).join("\n\n"),
  },
};

const refusals: Readonly<Record<string, string>> = {
  cannotDownloadFile: "This file cannot be downloaded by the user.",
  cannotDownloadAbusiveFile: "This file has been identified as malware or spam and cannot be downloaded.",
  insufficientFilePermissions: "The user does not have sufficient permissions for this file.",
};

export class DriveAnswers {
  readonly store: DriveStore;
  /** most items of a page, whatever is asked for; the real service may give fewer, too */
  mostPerPage = 1_000;
  /** says that a listing may not be complete */
  incomplete = false;

  constructor(store: DriveStore) {
    this.store = store;
  }

  answer(url: URL, account: FakeAccount): Answer {
    const [, what = "", id = "", verb = ""] =
      /^\/drive\/v3\/(about|files|changes|drives)(?:\/([^/]+))?(?:\/([^/]+))?$/.exec(url.pathname) ?? [];
    const query = url.searchParams;
    if (what === "about" && id === "") return this.#about(query, account);
    if (what === "drives" && id === "") return this.#drives(query, account);
    if (what === "changes" && id === "") return this.#changes(query, account);
    if (what === "changes" && id === "startPageToken") return this.#startPageToken(query, account);
    if (what === "files" && id === "") return this.#list(query, account);
    if (what === "files" && verb === "") return this.#get(decodeURIComponent(id), query, account);
    if (what === "files" && verb === "export") return this.#export(decodeURIComponent(id), query, account);
    return googleError(404, "notFound", "Not Found");
  }

  #reply(query: URLSearchParams, body: unknown, fallback: string): Answer {
    const fields = query.get("fields") ?? fallback;
    try {
      const reply = pick(body, parseFields(fields));
      return { status: 200, type: "application/json; charset=UTF-8", body: JSON.stringify(reply) };
    } catch {
      return googleError(400, "invalidParameter", `Invalid field selection ${fields}`, { location: "fields" });
    }
  }

  #about(query: URLSearchParams, { id, email, name }: FakeAccount): Answer {
    if (!query.has("fields"))
      return googleError(400, "required", "The 'fields' parameter is required for this method.", {
        location: "fields",
      });
    const user = {
      kind: "drive#user",
      displayName: name,
      me: true,
      permissionId: `permission-${id}`,
      emailAddress: email,
    };
    return this.#reply(query, { kind: "drive#about", user }, "*");
  }

  #drives(query: URLSearchParams, account: FakeAccount): Answer {
    const mine = [...this.store.drives.values()].filter(({ members }) => members.has(account.id));
    const size = Math.min(Number(query.get("pageSize") ?? 10), 100, this.mostPerPage);
    const from = Number(query.get("pageToken") ?? 0);
    const page = mine.slice(from, from + size);
    return this.#reply(
      query,
      {
        kind: "drive#driveList",
        drives: page.map(({ id, name }) => ({ kind: "drive#drive", id, name })),
        ...(from + size < mine.length ? { nextPageToken: String(from + size) } : {}),
      },
      "kind,nextPageToken,drives(kind,id,name)",
    );
  }

  /** null = no such log for this account */
  #log(query: URLSearchParams, account: FakeAccount): string | null {
    const driveId = query.get("driveId");
    if (driveId === null) return `user:${account.id}`;
    return this.store.drives.get(driveId)?.members.has(account.id) ? `drive:${driveId}` : null;
  }

  #startPageToken(query: URLSearchParams, account: FakeAccount): Answer {
    const log = this.#log(query, account);
    if (log === null)
      return googleError(404, "notFound", `Shared drive not found: ${query.get("driveId")}`, { location: "driveId" });
    return this.#reply(query, { kind: "drive#startPageToken", startPageToken: String(this.store.nextSeq) }, "*");
  }

  #changes(query: URLSearchParams, account: FakeAccount): Answer {
    const token = query.get("pageToken");
    if (token === null) return googleError(400, "required", "Required parameter: pageToken", { location: "pageToken" });
    if (!/^\d+$/.test(token)) return googleError(400, "invalid", "Invalid Value", { location: "pageToken" });
    const log = this.#log(query, account);
    if (log === null)
      return googleError(404, "notFound", `Shared drive not found: ${query.get("driveId")}`, { location: "driveId" });
    const size = Math.min(Number(query.get("pageSize") ?? 100), 1_000, this.mostPerPage);
    const all = this.store
      .changes(log, Number(token))
      .filter(({ removed }) => !removed || query.get("includeRemoved") !== "false");
    const page = all.slice(0, size);
    const next = all[size];
    const kept = query.get("includeCorpusRemovals") === "true";
    return this.#reply(
      query,
      {
        kind: "drive#changeList",
        changes: page.map(({ kind, id, removed, timeMs }) => {
          const base = { kind: "drive#change", time: new Date(timeMs).toISOString(), changeType: kind, removed };
          if (kind === "drive") {
            const drive = this.store.drives.get(id);
            return { ...base, driveId: id, ...(removed || !drive ? {} : { drive: { id, name: drive.name } }) };
          }
          const file = this.store.files.get(id);
          const seen = file && this.store.isVisible(account.id, file);
          return {
            ...base,
            removed: removed || !seen,
            fileId: id,
            ...(seen && (!removed || kept) ? { file: this.#json(file, account) } : {}),
          };
        }),
        ...(next ? { nextPageToken: String(next.seq) } : { newStartPageToken: String(this.store.nextSeq) }),
      },
      "*",
    );
  }

  #list(query: URLSearchParams, account: FakeAccount): Answer {
    const q = query.get("q") ?? "";
    const corpora = query.get("corpora") ?? "user";
    const everywhere = query.get("includeItemsFromAllDrives") === "true" && query.get("supportsAllDrives") === "true";
    const driveId = query.get("driveId");
    if ((driveId !== null) !== (corpora === "drive"))
      return googleError(400, "invalid", "driveId goes with corpora=drive", { location: "driveId" });
    if (driveId !== null && !this.store.drives.get(driveId)?.members.has(account.id))
      return googleError(404, "notFound", `Shared drive not found: ${driveId}`, { location: "driveId" });
    let test: (file: FakeFile) => boolean;
    try {
      test = q === "" ? () => true : parseQuery(q, this.store, account.id);
    } catch (error) {
      if (error instanceof MissingParent)
        return googleError(404, "notFound", "File not found: .", { location: "fileId" });
      if (error instanceof QueryError) return googleError(400, "invalid", "Invalid Value", { location: "q" });
      throw error;
    }
    const order = query.get("orderBy") ?? "";
    const token = decodeToken(query.get("pageToken"));
    if (token === null || (token && token.q !== hash(q + order + corpora + driveId)))
      return googleError(400, "invalid", "Invalid Value", { location: "pageToken" });
    const inCorpus = (file: FakeFile): boolean => {
      if (file.parent === null) return false;
      if (corpora === "drive") return file.driveId === driveId;
      if (!this.store.isVisible(account.id, file)) return false;
      if (file.driveId === null) return true;
      if (!everywhere) return false;
      // A member's own corpus has of shared drives only what was shared with them one by one.
      return corpora === "allDrives" || q.includes("in parents") || file.sharedWith.has(account.id);
    };
    const found = [...this.store.files.values()].filter((file) => inCorpus(file) && test(file));
    sort(found, order);
    const size = Math.min(Number(query.get("pageSize") ?? 100), 1_000, this.mostPerPage);
    // Offsets into what is there now: whatever is inserted or removed meanwhile shifts the pages.
    const from = token?.from ?? 0;
    const page = found.slice(from, from + size);
    return this.#reply(
      query,
      {
        kind: "drive#fileList",
        incompleteSearch: this.incomplete,
        files: page.map((file) => this.#json(file, account)),
        ...(from + size < found.length
          ? { nextPageToken: encodeToken({ q: hash(q + order + corpora + driveId), from: from + size }) }
          : {}),
      },
      "kind,nextPageToken,incompleteSearch,files(kind,id,name,mimeType)",
    );
  }

  #find(id: string, query: URLSearchParams, account: FakeAccount): FakeFile | null {
    const file = this.store.files.get(id === "root" ? this.store.root(account.id) : id);
    if (!file || !this.store.isVisible(account.id, file)) return null;
    return file.driveId !== null && query.get("supportsAllDrives") !== "true" ? null : file;
  }

  #get(id: string, query: URLSearchParams, account: FakeAccount): Answer {
    const file = this.#find(id, query, account);
    if (!file) return notFound(id);
    if (query.get("alt") !== "media") return this.#reply(query, this.#json(file, account), "kind,id,name,mimeType");
    if (file.refuses !== null) return googleError(403, file.refuses, refusals[file.refuses] ?? file.refuses);
    if (isNative(file))
      return googleError(
        403,
        "fileNotDownloadable",
        "Only files with binary content can be downloaded. Use Export with Docs Editors files.",
        { location: "alt" },
      );
    return { status: 200, type: file.mimeType, body: bytesOf(file) };
  }

  #export(id: string, query: URLSearchParams, account: FakeAccount): Answer {
    const file = this.#find(id, new URLSearchParams("supportsAllDrives=true"), account);
    if (!file) return notFound(id);
    if (file.refuses !== null) return googleError(403, file.refuses, refusals[file.refuses] ?? file.refuses);
    const formats = exporters[file.mimeType];
    if (!formats) return googleError(403, "fileNotExportable", "Export only supports Docs Editors files.");
    const type = query.get("mimeType") ?? "";
    const write = formats[type];
    if (!write)
      return googleError(400, "badRequest", "The requested conversion is not supported.", { location: "convertTo" });
    if (file.tooLarge.has(type))
      return googleError(403, "exportSizeLimitExceeded", "This file is too large to be exported.");
    return { status: 200, type, body: write(file) };
  }

  #json(file: FakeFile, account: FakeAccount): Readonly<Record<string, unknown>> {
    const native = isNative(file);
    const bytes = native ? null : bytesOf(file);
    return {
      kind: "drive#file",
      id: file.id,
      name: file.name,
      mimeType: file.mimeType,
      ...(file.parent === null ? {} : { parents: [file.parent] }),
      trashed: this.store.isTrashed(file),
      createdTime: new Date(file.createdMs).toISOString(),
      modifiedTime: new Date(file.modifiedMs).toISOString(),
      version: String(file.version),
      webViewLink: `https://drive.example/${isFolder(file) ? "folders" : "file"}/${file.id}`,
      ...(file.driveId === null ? {} : { driveId: file.driveId }),
      ...(file.owner === null
        ? {}
        : {
            ownedByMe: file.owner === account.id,
            owners: [{ displayName: file.owner, emailAddress: `${file.owner}@example.com` }],
          }),
      ...(this.store.isSharedTop(account.id, file) ? { sharedWithMeTime: new Date(file.createdMs).toISOString() } : {}),
      capabilities: {
        canDownload: file.refuses === null,
        ...(file.driveId === null
          ? {}
          : { canReadDrive: this.store.drives.get(file.driveId)?.members.has(account.id) ?? false }),
      },
      ...(bytes === null
        ? {}
        : {
            size: String(bytes.length),
            md5Checksum: createHash("md5").update(bytes).digest("hex"),
            headRevisionId: `r${hash(`${file.id}/${createHash("md5").update(bytes).digest("hex")}`)}`,
          }),
      ...(file.target === null
        ? {}
        : {
            shortcutDetails: {
              targetId: file.target,
              targetMimeType: this.store.files.get(file.target)?.mimeType ?? mimes.doc,
            },
          }),
      ...file.odd,
    };
  }
}

function sort(files: FakeFile[], order: string): void {
  const keys = order.split(",").filter(Boolean);
  files.sort((a, b) => {
    for (const key of keys) {
      const [name = "", direction] = key.trim().split(" ");
      const sign = direction === "desc" ? -1 : 1;
      const by =
        name === "folder"
          ? Number(isFolder(b)) - Number(isFolder(a))
          : name === "modifiedTime"
            ? a.modifiedMs - b.modifiedMs
            : a.name.localeCompare(b.name, "en", { numeric: true });
      if (by !== 0) return sign * by;
    }
    return a.id < b.id ? -1 : 1;
  });
}

const hash = (text: string): string => createHash("sha1").update(text).digest("hex").slice(0, 12);

interface Token {
  readonly q: string;
  readonly from: number;
}

const encodeToken = (token: Token): string => `~${Buffer.from(JSON.stringify(token)).toString("base64url")}`;

/** undefined = none was given; null = not one of ours */
function decodeToken(text: string | null): Token | null | undefined {
  if (text === null) return undefined;
  try {
    const token = JSON.parse(Buffer.from(text.slice(1), "base64url").toString()) as Token;
    return text.startsWith("~") && Number.isInteger(token.from) ? token : null;
  } catch {
    return null;
  }
}
