import { EgressError } from "./types.ts";

/** Turns what the socket, TLS, DNS and HTTP layers throw into one EgressError with a sentence for people. */

const certificateProblems: Readonly<Record<string, string>> = {
  CERT_HAS_EXPIRED: "its certificate has expired",
  CERT_NOT_YET_VALID: "its certificate is not valid yet (or this machine's clock is wrong)",
  CERT_REVOKED: "its certificate was revoked",
  CERT_UNTRUSTED: "its certificate is not trusted",
  CERT_REJECTED: "its certificate was rejected",
  CERT_SIGNATURE_FAILURE: "the signature of its certificate is wrong",
  DEPTH_ZERO_SELF_SIGNED_CERT: "its certificate is self-signed",
  SELF_SIGNED_CERT_IN_CHAIN: "its certificate comes from an authority this machine does not know",
  UNABLE_TO_GET_ISSUER_CERT: "its certificate comes from an authority this machine does not know",
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: "its certificate comes from an authority this machine does not know",
  UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    "its certificate comes from an authority this machine does not know (an intermediate certificate may be missing)",
  HOSTNAME_MISMATCH: "its certificate is for another name",
  ERR_TLS_CERT_ALTNAME_INVALID: "its certificate is for another name",
};

const unreachable: Readonly<Record<string, string>> = {
  ECONNREFUSED: "refused the connection: nothing answers on that port",
  EHOSTUNREACH: "cannot be reached from this machine (no route to the host)",
  ENETUNREACH: "cannot be reached from this machine (no route to its network)",
  EHOSTDOWN: "is down",
  EADDRNOTAVAIL: "cannot be reached from this machine",
  EACCES: "cannot be reached: this machine's own rules forbid the connection",
  EPERM: "cannot be reached: this machine's own rules forbid the connection",
};

/** How far the request had come when it failed. */
export type Phase = "connecting" | "waiting" | "reading";

function codeOf(error: unknown): string {
  if (error instanceof AggregateError && !("code" in error)) return codeOf(error.errors[0]);
  if (typeof error !== "object" || error === null || !("code" in error)) return "";
  return typeof error.code === "string" ? error.code : "";
}

/** @param host shown to people; never a whole URL, whose query may hold a signature */
export function toEgressError(error: unknown, host: string, phase: Phase): EgressError {
  if (error instanceof EgressError) return error;
  const code = codeOf(error);
  const make = (kind: EgressError["kind"], text: string): EgressError =>
    new EgressError(kind, `${host} ${text}.`, { cause: error });

  const certificate = certificateProblems[code];
  if (certificate)
    return new EgressError("tls", `The connection to ${host} is not secure: ${certificate}.`, { cause: error });
  if (code === "EPROTO" || code.startsWith("ERR_SSL_") || code.startsWith("ERR_TLS_")) {
    return make("tls", "does not speak TLS as expected on that port: check http or https, and the port");
  }
  if (code === "ENOTFOUND" || code === "ENODATA") return make("dns", "was not found: there is no such name in DNS");
  if (code.startsWith("EAI_") || code === "ESERVFAIL")
    return make("dns", "could not be looked up: DNS does not answer");
  const reason = unreachable[code];
  if (reason) return make("connect", reason);
  if (code === "ETIMEDOUT" || code === "UND_ERR_CONNECT_TIMEOUT")
    return make("timeout", "did not accept the connection in time");
  if (code === "UND_ERR_HEADERS_OVERFLOW") return make("too_large", "sent more than 64 kB of headers");
  if (code === "UND_ERR_RES_CONTENT_LENGTH_MISMATCH") return make("truncated", "sent fewer bytes than it had promised");
  if (code === "UND_ERR_INVALID_ARG") {
    return new EgressError("bad_url", `The request to ${host} has an address or header that cannot be sent.`, {
      cause: error,
    });
  }
  if (code === "UND_ERR_DESTROYED" || code === "UND_ERR_CLOSED") {
    return new EgressError("aborted", `The request to ${host} was stopped.`, { cause: error });
  }
  const unparsed = error instanceof Error && error.name === "HTTPParserError";
  if (phase === "reading" && (code === "UND_ERR_SOCKET" || (unparsed && error.message.includes("EOF")))) {
    return make("truncated", "closed the connection before the end of its reply");
  }
  if (unparsed) return make("bad_encoding", "sent something that is not HTTP");
  return make("reset", "broke the connection");
}

/** A name that DNS could not look up just now, as opposed to one that does not exist. */
export function isPassing(error: EgressError): boolean {
  return error.kind === "dns" && codeOf(error.cause).startsWith("EAI_");
}
