import { isPassing } from "#lib/egress/faults.ts";
import { EgressError, type EgressErrorKind } from "#lib/egress/types.ts";
import { ExtractError, type ExtractReason } from "#lib/extract/types.ts";

interface UnreadableOptions {
  /** may go better by itself: worth another try */
  readonly passing?: boolean;
  readonly retryAfterSeconds?: number | undefined;
  /** tries in all, where fewer than usual are worth it */
  readonly triesMax?: number | undefined;
}

/** Why the text of a document cannot be had, in words for people: what happened, then what to do. */
export class Unreadable extends Error {
  /** what happened, as a sentence */
  readonly what: string;
  readonly passing: boolean;
  readonly retryAfterSeconds: number | undefined;
  readonly triesMax: number;
  constructor(what: string, fix: string, options: UnreadableOptions = {}) {
    const sentence = /[.!?]$/.test(what) ? what : `${what}.`;
    super(`${sentence} ${fix}`);
    this.name = "Unreadable";
    this.what = sentence;
    this.passing = options.passing ?? false;
    this.retryAfterSeconds = options.retryAfterSeconds;
    this.triesMax = options.triesMax ?? Infinity;
  }
}

const later = "Add it again later.";

const egress: Readonly<Record<EgressErrorKind, { readonly fix: string; readonly passing: boolean }>> = {
  bad_url: { fix: "Correct the address and add it again.", passing: false },
  blocked_address: { fix: "Use a public address, or upload the page as a file.", passing: false },
  dns: { fix: "Check the spelling of the host name and add it again.", passing: true },
  connect: { fix: "Check that the address can be reached from this server, then add it again.", passing: true },
  tls: { fix: "Its owner has to repair the certificate; until then upload the page as a file.", passing: false },
  timeout: { fix: later, passing: true },
  reset: { fix: later, passing: true },
  truncated: { fix: later, passing: true },
  too_large: { fix: "Up to 10 MB are fetched. Upload it as a file: that may have 50 MB.", passing: false },
  bad_encoding: { fix: "Check the address in a browser, then add it again.", passing: false },
  redirect: { fix: "Open the address in a browser and add the one you end at.", passing: false },
  throttled: { fix: later, passing: true },
  aborted: { fix: later, passing: true },
};

const extraction: Readonly<Record<ExtractReason, { readonly fix: string; readonly passing: boolean }>> = {
  unsupported_type: { fix: "Convert it to PDF, Office, HTML, Markdown or text and add it again.", passing: false },
  too_large: { fix: "Split it into smaller files.", passing: false },
  encrypted: { fix: "Save it without a password and add it again.", passing: false },
  broken: { fix: "Open it, save it again, and add it again.", passing: false },
  bomb: { fix: "Unpack it and add the files in it one by one.", passing: false },
  empty: {
    fix: "Scanned pages, pictures, and pages that scripts build in the browser have none. Add their text itself.",
    passing: false,
  },
  timeout: { fix: "Split it into smaller files.", passing: true },
  memory: { fix: "Split it into smaller files.", passing: true },
};

/** Undefined for what is no fault of the source. */
export function unreadable(error: unknown): Unreadable | undefined {
  if (error instanceof Unreadable) return error;
  if (error instanceof EgressError) {
    const { fix, passing } = egress[error.kind];
    return new Unreadable(error.message, fix, {
      passing,
      retryAfterSeconds: error.retryAfterSeconds,
      // A name that does not exist is mostly a mistake: who made it should not wait for minutes to learn of it.
      triesMax: error.kind === "dns" && !isPassing(error) ? 2 : undefined,
    });
  }
  if (error instanceof ExtractError) {
    const { fix, passing } = extraction[error.reason];
    return new Unreadable(error.message, fix, { passing });
  }
  return undefined;
}
