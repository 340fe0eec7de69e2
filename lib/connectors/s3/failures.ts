import { EgressError } from "#lib/egress/types.ts";
import { Failure } from "../types.ts";
import { isAmazon } from "./address.ts";
import type { S3Config } from "./config.ts";
import type { StoreError } from "./store-error.ts";

/** What the store's refusals mean, in words: what happened, then what to do. Decided by code first, then by status. */

export interface Where {
  readonly config: Readonly<S3Config>;
  /** as reached */
  readonly host: string;
  readonly now: Date;
}

const deadCredentials: ReadonlySet<string> = new Set([
  "InvalidAccessKeyId",
  "SignatureDoesNotMatch",
  "InvalidToken",
  "ExpiredToken",
  "TokenRefreshRequired",
  "InvalidSecurity",
  "NotSignedUp",
  "Unauthorized",
  "AuthFailure",
  "InvalidCredentials",
]);

/** The credentials themselves are refused, whatever was asked for. */
export function isDeadCredentials(error: StoreError): boolean {
  return error.status === 401 || deadCredentials.has(error.code);
}

/** A refusal of the listing, and so of the whole run. */
export function listingFailure(error: StoreError, where: Where): Failure {
  return (
    authentication(error) ??
    clock(error, where) ??
    region(error, where) ??
    access(error, where) ??
    bucketName(error, where) ??
    passing(error, where) ??
    unexpected(error, where)
  );
}

function authentication(error: StoreError): Failure | undefined {
  if (error.code === "InvalidAccessKeyId") {
    return new Failure("reauth", "Authentication failed: the store does not know this access key id.", {
      fix: "Check accessKeyId, or create a new key if it was deleted.",
      field: "metadata.accessKeyId",
      cause: error,
    });
  }
  if (error.code === "SignatureDoesNotMatch") {
    return new Failure("reauth", "Authentication failed: the secret access key does not fit the access key id.", {
      fix: "Enter both again as they were issued, without blanks.",
      field: "metadata.secretAccessKey",
      cause: error,
    });
  }
  if (!isDeadCredentials(error)) return undefined;
  return new Failure("reauth", `Authentication failed: the store refuses these credentials${quoted(error)}.`, {
    fix: "Enter an access key id and a secret access key that are in force.",
    field: "metadata.secretAccessKey",
    cause: error,
  });
}

function clock(error: StoreError, where: Where): Failure | undefined {
  if (error.code !== "RequestTimeTooSkewed" && error.code !== "RequestExpired") return undefined;
  const skewMs = error.date ? where.now.getTime() - error.date.getTime() : 0;
  const minutes = Math.round(Math.abs(skewMs) / 60_000);
  const how = minutes > 0 ? `is ${minutes} minutes ${skewMs > 0 ? "ahead of" : "behind"}` : "differs from";
  return new Failure("transient", `The clock of this machine ${how} the store's, so it refuses our signatures.`, {
    fix: "Set the clock of the machine that runs Tributary (NTP).",
    cause: error,
  });
}

function region(error: StoreError, where: Where): Failure | undefined {
  const redirect = error.status === 301 || error.status === 307 || error.status === 308 || error.status === 302;
  const malformed =
    error.code === "AuthorizationHeaderMalformed" || error.code === "IllegalLocationConstraintException";
  if (!redirect && !malformed && error.code !== "PermanentRedirect") return undefined;
  const { config } = where;
  if (error.region && error.region !== config.region) {
    return new Failure(
      "permanent",
      `The bucket “${config.bucket}” is in region ${error.region}, not ${config.region}.`,
      {
        fix: `Set region to ${error.region}.`,
        field: "metadata.region",
        cause: error,
      },
    );
  }
  if (redirect && !isAmazon(config)) {
    return new Failure("permanent", `${where.host} redirects to another address, which is not followed.`, {
      fix: "Enter the address of the store itself as endpoint.",
      field: "metadata.endpoint",
      cause: error,
    });
  }
  return new Failure(
    "permanent",
    `The store does not accept region ${config.region} for “${config.bucket}”${quoted(error)}.`,
    {
      fix: "Set region to the one the bucket was created in.",
      field: "metadata.region",
      cause: error,
    },
  );
}

function access(error: StoreError, where: Where): Failure | undefined {
  if (error.status !== 403 && error.code !== "AccessDenied") return undefined;
  if (error.foreign) return notAStore(where, error);
  const { bucket, prefix } = where.config;
  const what = prefix === undefined ? `“${bucket}”` : `“${bucket}” below “${prefix}”`;
  const message = error.code
    ? `Access denied: the key is accepted but may not list ${what}${quoted(error)}.`
    : `Access denied: the store refuses to list ${what} and does not say why.`;
  return new Failure("denied", message, {
    fix: "Grant the key s3:ListBucket on the bucket and s3:GetObject on its objects.",
    field: "metadata.bucket",
    cause: error,
  });
}

function bucketName(error: StoreError, where: Where): Failure | undefined {
  const { config } = where;
  if (error.code === "InvalidBucketName") {
    return new Failure("permanent", `The store does not accept “${config.bucket}” as the name of a bucket.`, {
      fix: "Check the bucket's name.",
      field: "metadata.bucket",
      cause: error,
    });
  }
  if (error.status !== 404 && error.code !== "NoSuchBucket") return undefined;
  if (error.foreign) return notAStore(where, error);
  return new Failure("missing", `Bucket not found: there is no “${config.bucket}” at ${where.host}.`, {
    fix: isAmazon(config)
      ? "Check the bucket's name."
      : "Check the bucket's name, and that endpoint and region are those it was created in.",
    field: "metadata.bucket",
    cause: error,
  });
}

function passing(error: StoreError, where: Where): Failure | undefined {
  const busy = error.status === 429 || error.code === "SlowDown" || error.code === "TooManyRequests";
  if (!busy && error.status < 500) return undefined;
  if (error.status === 501 || error.status === 505) return undefined;
  return new Failure(
    error.status === 429 || error.retryAfterSeconds !== undefined ? "throttled" : "transient",
    busy ? `${where.host} asks us to slow down.` : `${where.host} has a problem of its own (${error.status}).`,
    {
      fix: "It is tried again by itself.",
      cause: error,
      ...(error.retryAfterSeconds === undefined ? {} : { retryAfterSeconds: error.retryAfterSeconds }),
    },
  );
}

function unexpected(error: StoreError, where: Where): Failure {
  if (error.foreign) return notAStore(where, error);
  return new Failure("permanent", `${where.host} refuses to list the bucket: ${error.status}${quoted(error)}.`, {
    fix: "Check bucket, endpoint, region and path style.",
    field: "metadata.endpoint",
    cause: error,
  });
}

/** Something answers, but it is no S3 store. */
export function notAStore(where: Where, cause: unknown): Failure {
  return new Failure("permanent", `${where.host} answers, but not as an S3 store does.`, {
    fix: "Enter the store's S3 address as endpoint (not its web page or console).",
    field: "metadata.endpoint",
    cause,
  });
}

function quoted(error: StoreError): string {
  const words = error.said || error.code;
  return words ? ` (the store says: “${words.replace(/\.$/, "")}”)` : "";
}

const endpointFix = "Check endpoint: it must be the store's address as reached from this machine.";

/** A check that got no reply at all: which setting that is about, and what to do. */
export function unreachable(error: EgressError, where: Where): Failure {
  const field = isAmazon(where.config) ? "metadata.region" : "metadata.endpoint";
  const failure = (kind: Failure["kind"], fix: string) =>
    new Failure(kind, error.message, { fix, field, cause: error });
  switch (error.kind) {
    case "dns":
      return failure("transient", isAmazon(where.config) ? "Check region and bucket." : endpointFix);
    case "blocked_address":
      return failure(
        "blocked",
        "Use the store's public address, or ask an operator to allow this one with EGRESS_ALLOW.",
      );
    case "tls":
      return failure("permanent", "Use an https address whose certificate is valid for this host.");
    case "connect":
    case "reset":
      return failure("transient", `Check that the store runs and accepts connections. ${endpointFix}`);
    case "timeout":
      return failure("transient", `The store may be down or behind a firewall. ${endpointFix}`);
    case "bad_url":
      return failure("permanent", endpointFix);
    case "too_large":
    case "bad_encoding":
    case "truncated":
      return notAStore(where, error);
    case "throttled":
      return new Failure("throttled", error.message, {
        fix: "Try again later.",
        cause: error,
        ...(error.retryAfterSeconds === undefined ? {} : { retryAfterSeconds: error.retryAfterSeconds }),
      });
    case "redirect":
    case "aborted":
      return failure("transient", "Try again.");
    default:
      return error.kind satisfies never;
  }
}
