import { z } from "zod";
import { askJson } from "../json-api.ts";
import { Failure, type Ctx } from "../types.ts";
import { fileFields, parseFile, parseFiles, type DriveFile } from "./drive-file.ts";
import { googleDriveApi, isAboutOneFile } from "./failures.ts";

/** The few calls of Drive v3 that a sync needs, each one page or one object. All throw Failure and EgressError. */

export interface FilePage {
  readonly files: readonly DriveFile[];
  readonly next: string | null;
  /** Google did not look everywhere: what is not listed may still be there */
  readonly incomplete: boolean;
}

export interface FileChange {
  readonly fileId: string;
  /** null = deleted, or the account lost access */
  readonly file: DriveFile | null;
}

export interface ChangePage {
  /** last state of each file, each once */
  readonly changes: readonly FileChange[];
  /** a shared drive was joined, left or changed: of what is in it the account's own log tells nothing */
  readonly drives: boolean;
  readonly next: string | null;
  /** where to go on next time; only on the last page */
  readonly newStart: string | null;
}

const token = z
  .string()
  .nullish()
  .transform((value) => (value ? value : null));

/** An answer that has neither its kind nor its list is none: an empty listing must never come from a fault. */
function listReply(name: string, kind: string) {
  return z
    .looseObject({
      kind: z.string().nullish().catch(null),
      nextPageToken: token,
      newStartPageToken: token,
      incompleteSearch: z.boolean().nullish().catch(null),
    })
    .refine((body) => body.kind === kind || Array.isArray(body[name]), { path: [name] })
    .transform((body) => {
      const list: unknown = body[name];
      return {
        list: Array.isArray(list) ? (list as readonly unknown[]) : [],
        next: body.nextPageToken,
        newStart: body.newStartPageToken,
        incomplete: body.incompleteSearch === true,
      };
    });
}

const files = listReply("files", "drive#fileList");
const changes = listReply("changes", "drive#changeList");
const drives = listReply("drives", "drive#driveList");
const fileChange = z.object({
  changeType: z.string().nullish().catch(null),
  removed: z.boolean().nullish().catch(null),
  fileId: z.string().min(1).nullish().catch(null),
  file: z.unknown().optional(),
});
const drive = z.object({ id: z.string().min(1), name: z.string().nullish().catch(null) });
const about = z.object({
  user: z
    .object({
      permissionId: z.string().nullish().catch(null),
      displayName: z.string().nullish().catch(null),
      emailAddress: z.string().nullish().catch(null),
    })
    // Without either nobody could tell later whether it is the same account.
    .refine((user) => Boolean(user.permissionId ?? user.emailAddress), { path: ["permissionId"] }),
});

export class DriveApi {
  readonly #ctx: Pick<Ctx<object>, "http" | "signal" | "api">;

  constructor(ctx: Pick<Ctx<object>, "http" | "signal" | "api">) {
    this.#ctx = ctx;
  }

  /** Who the token belongs to. */
  async about(): Promise<{ permissionId: string; name: string | null; email: string | null }> {
    const { user } = await this.#ask("about", { fields: "user(permissionId,displayName,emailAddress)" }, about);
    const email = user.emailAddress ?? null;
    return { permissionId: user.permissionId || (email ?? ""), name: user.displayName ?? null, email };
  }

  /** One page of files.list. `parameters`: q, orderBy, pageSize, pageToken, and the corpus. */
  async list(parameters: Readonly<Record<string, string>>): Promise<FilePage> {
    const reply = await this.#ask(
      "files",
      { ...everywhere, ...parameters, fields: `kind,nextPageToken,incompleteSearch,files(${fileFields})` },
      files,
    );
    return { files: parseFiles(reply.list), next: reply.next, incomplete: reply.incomplete };
  }

  /** Null = it is not there, or not for this account. */
  async get(id: string): Promise<DriveFile | null> {
    try {
      const reply = await this.#ask(
        `files/${encodeURIComponent(id)}`,
        { supportsAllDrives: "true", fields: fileFields },
        z.looseObject({ id: z.string() }),
      );
      return parseFile(reply);
    } catch (error) {
      // 410 is as gone as 404.
      const gone = error instanceof Failure && (error.kind === "missing" || error.kind === "cursor_expired");
      if (gone || (error instanceof Failure && isAboutOneFile(error))) return null;
      throw error;
    }
  }

  /** Where a log of changes begins from now on; `driveId` "" = the account's own log. Null = no such log for this account. */
  async startToken(driveId: string): Promise<string | null> {
    try {
      const reply = await this.#ask(
        "changes/startPageToken",
        { supportsAllDrives: "true", ...(driveId === "" ? {} : { driveId }), fields: "startPageToken" },
        z.object({ startPageToken: z.string().min(1) }),
      );
      return reply.startPageToken;
    } catch (error) {
      // Somebody who is no member of the shared drive: what they may see of it is in their own log.
      const foreign = error instanceof Failure && (error.kind === "missing" || isAboutOneFile(error));
      if (driveId !== "" && foreign) return null;
      throw error;
    }
  }

  /** One page of a log. @throws Failure cursor_expired: the token (or the shared drive) is not accepted any more */
  async changes(driveId: string, pageToken: string): Promise<ChangePage> {
    try {
      const reply = await this.#ask(
        "changes",
        {
          ...everywhere,
          pageToken,
          ...(driveId === "" ? {} : { driveId }),
          pageSize: "1000",
          includeRemoved: "true",
          // An item that left this log may still be there for the account, e.g. moved to a shared drive.
          includeCorpusRemovals: "true",
          fields: `kind,nextPageToken,newStartPageToken,changes(changeType,removed,fileId,file(${fileFields}))`,
        },
        changes,
      );
      return {
        changes: lastStates(reply.list),
        drives: reply.list.some((value) => fileChange.safeParse(value).data?.changeType === "drive"),
        next: reply.next,
        newStart: reply.newStart,
      };
    } catch (error) {
      if (!(error instanceof Failure) || error.kind !== "missing") throw error;
      throw new Failure("cursor_expired", error.message, { fix: error.fix, cause: error });
    }
  }

  /** The shared drives the account is a member of; none where the server knows of no such thing. */
  async drives(): Promise<{ id: string; name: string }[]> {
    const found: { id: string; name: string }[] = [];
    const seen = new Set<string>();
    for (let page: string | null = null; ;) {
      const reply = await this.#drivePage(page);
      if (reply === null) return found;
      for (const value of reply.list) {
        const parsed = drive.safeParse(value);
        if (parsed.success) found.push({ id: parsed.data.id, name: parsed.data.name ?? "Shared drive" });
      }
      page = reply.next;
      if (page === null) return found;
      if (seen.has(page)) throw circle();
      seen.add(page);
    }
  }

  async #drivePage(page: string | null): Promise<z.output<typeof drives> | null> {
    try {
      return await this.#ask(
        "drives",
        {
          pageSize: "100",
          ...(page === null ? {} : { pageToken: page }),
          fields: "kind,nextPageToken,drives(id,name)",
        },
        drives,
      );
    } catch (error) {
      if (page === null && error instanceof Failure && error.kind === "missing") return null;
      throw error;
    }
  }

  /** Shortcuts that point to a file, wherever they are. */
  async shortcutsTo(id: string): Promise<readonly DriveFile[]> {
    const page = await this.list({
      corpora: "allDrives",
      q: `shortcutDetails.targetId = ${quote(id)} and trashed = false`,
      pageSize: "100",
    });
    return page.files;
  }

  #ask<Schema extends z.ZodType>(
    path: string,
    parameters: Readonly<Record<string, string>>,
    schema: Schema,
  ): Promise<z.output<Schema>> {
    const url = `${this.#ctx.api}/${path}?${new URLSearchParams(parameters).toString()}`;
    return askJson(this.#ctx, googleDriveApi, url, schema);
  }
}

const everywhere = { supportsAllDrives: "true", includeItemsFromAllDrives: "true" } as const;

/** A string in Drive's search language. */
export const quote = (text: string): string => `'${text.replaceAll(/[\\']/g, "\\$&")}'`;

/** Google answers with the same page over and over. */
export function circle(): Failure {
  return new Failure("permanent", "Google Drive keeps sending the same page of its listing.", {
    fix: "Nothing was removed. The next sync tries again; if it stays, report it.",
  });
}

function lastStates(list: readonly unknown[]): FileChange[] {
  const last = new Map<string, FileChange>();
  for (const value of list) {
    const parsed = fileChange.safeParse(value);
    if (!parsed.success || parsed.data.changeType === "drive") continue;
    const file = parseFile(parsed.data.file);
    const fileId = parsed.data.fileId ?? file?.id;
    if (!fileId || (!file && parsed.data.removed !== true)) continue;
    last.delete(fileId);
    last.set(fileId, { fileId, file });
  }
  return [...last.values()];
}
