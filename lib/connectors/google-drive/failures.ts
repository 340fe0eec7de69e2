import { z } from "zod";
import type { JsonApi, Refused } from "../json-api.ts";
import { Failure, type FailureKind } from "../types.ts";

/** What Google's refusals mean (developers.google.com/workspace/drive/api/guides/handle-errors): by reason, then by status. */

/** A refusal with Google's own word for it, e.g. `exportSizeLimitExceeded`. */
export class DriveFailure extends Failure {
  readonly reason: string;
  constructor(
    kind: FailureKind,
    reason: string,
    message: string,
    options: { fix: string; retryAfterSeconds?: number },
  ) {
    super(kind, message, options);
    this.reason = reason;
  }
}

const item = z.object({
  reason: z.string().nullish().catch(null),
  location: z.string().nullish().catch(null),
  message: z.string().nullish().catch(null),
});
const shape = z.object({
  error: z.object({
    message: z.string().nullish().catch(null),
    errors: z.array(item).nullish().catch(null),
    details: z
      .array(z.object({ reason: z.string().nullish().catch(null) }))
      .nullish()
      .catch(null),
  }),
});

/** Too many requests, in the words of every generation of Google's quotas. */
const throttled: ReadonlySet<string> = new Set([
  "userRateLimitExceeded",
  "rateLimitExceeded",
  "dailyLimitExceeded",
  "sharingRateLimitExceeded",
  "quotaExceeded",
  "concurrentLimitExceeded",
  "RATE_LIMIT_EXCEEDED",
]);
const dayLong: ReadonlySet<string> = new Set(["dailyLimitExceeded", "quotaExceeded"]);
const disabled: ReadonlySet<string> = new Set(["accessNotConfigured", "SERVICE_DISABLED"]);
const scopeMissing: ReadonlySet<string> = new Set(["insufficientPermissions", "ACCESS_TOKEN_SCOPE_INSUFFICIENT"]);
/** About one file, whatever else works. */
const aboutOneFile: ReadonlySet<string> = new Set([
  "insufficientFilePermissions",
  "cannotDownloadFile",
  "cannotDownloadAbusiveFile",
  "cannotExportFile",
  "cannotCopyFile",
  "fileNotDownloadable",
  "fileNotExportable",
  "exportSizeLimitExceeded",
  "fileOwnerNotMemberOfTeamDrive",
  "appNotAuthorizedToFile",
  "forbidden",
]);

export const isAboutOneFile = (failure: Failure): boolean =>
  failure instanceof DriveFailure && aboutOneFile.has(failure.reason);

export const reasonOf = (error: unknown): string | undefined =>
  error instanceof DriveFailure ? error.reason : undefined;

function explain({ status, headers, body }: Refused): Failure | undefined {
  const parsed = shape.safeParse(body);
  const { errors, details } = parsed.success ? parsed.data.error : {};
  const reasons = [...(details ?? []), ...(errors ?? [])].flatMap(({ reason }) => reason ?? []);
  const has = (set: ReadonlySet<string>) => reasons.find((reason) => set.has(reason));
  const said = (parsed.success ? parsed.data.error.message : null) ?? "";

  const limit = has(throttled);
  if ((status === 403 || status === 429) && limit !== undefined) {
    const asked = waitOf(headers["retry-after"]) ?? (dayLong.has(limit) ? 3_600 : undefined);
    return new DriveFailure("throttled", limit, "Google Drive asks to slow down.", {
      fix: "It goes on by itself.",
      ...(asked === undefined ? {} : { retryAfterSeconds: asked }),
    });
  }
  const aboutToken = (errors ?? []).some(({ location }) => location === "pageToken") || /\bpage ?token\b/i.test(said);
  if (status === 410 || ((status === 400 || status === 404) && aboutToken)) {
    return new DriveFailure(
      "cursor_expired",
      "pageToken",
      "Google Drive does not accept the place to go on from any more.",
      {
        fix: "Everything is listed again.",
      },
    );
  }
  if (status !== 403) return undefined;
  if (has(disabled) !== undefined) {
    return new DriveFailure(
      "denied",
      "accessNotConfigured",
      "The Google Drive API is not switched on for this OAuth app.",
      {
        fix: "Enable the Google Drive API in the app's project in the Google Cloud console, wait a few minutes and try again.",
      },
    );
  }
  if (has(scopeMissing) !== undefined) {
    return new DriveFailure("reauth", "insufficientPermissions", "The account did not allow reading its files.", {
      fix: "Reconnect it, and leave “See and download all your Google Drive files” ticked.",
    });
  }
  if (reasons.includes("domainPolicy")) {
    return new DriveFailure(
      "denied",
      "domainPolicy",
      "The account's organization does not let apps use Google Drive.",
      {
        fix: "Ask its Google Workspace administrator to trust the app.",
      },
    );
  }
  return new DriveFailure(
    "denied",
    reasons[0] ?? "forbidden",
    "Google Drive does not allow this account to read that.",
    {
      fix: "Give the account permission in Google Drive, or connect another one.",
    },
  );
}

/** Seconds; undefined = nothing usable was said. */
function waitOf(value: string | undefined): number | undefined {
  const seconds = Number(value);
  return value !== undefined && Number.isFinite(seconds) && seconds > 0
    ? Math.min(Math.ceil(seconds), 86_400)
    : undefined;
}

export const googleDriveApi: JsonApi = { name: "Google Drive", explain, maxBytes: 32 * 1024 * 1024 };
