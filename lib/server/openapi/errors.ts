import type { Operation } from "#lib/contract/operation.ts";

/** When each error is answered, in words for the reader of the reference. */

/** Statuses every operation may answer beside those it names itself. */
const everywhere = [400, 401, 403, 429, 500, 503] as const;

const defaultBodyBytesMax = 1_000_000;

/** Status and meaning of every error of an operation, ascending. */
export function errorsOf(operation: Operation): readonly (readonly [status: number, meaning: string])[] {
  const own = operation.reply.status === 501 ? [] : operation.errors;
  const statuses = [...new Set<number>([...everywhere, ...own])].toSorted((a, b) => a - b);
  return statuses.map((status) => [status, meaningOf(status, operation)] as const);
}

function meaningOf(status: number, operation: Operation): string {
  switch (status) {
    case 400:
      return "The request is not valid: `details` names every field that is wrong, and how.";
    case 401:
      return (
        "There is no valid API key: none was sent, or it is unknown, expired or revoked. The reply does not say which." +
        (operation.id === "createConnection"
          ? " Also when the source does not accept the credentials given for it."
          : "")
      );
    case 403:
      return (
        `The key may not do this: it lacks the scope \`${operation.access}\`` +
        (operation.contained ? ", or is for another container." : ", or is for a single container.")
      );
    case 404:
      return "There is no such thing that this key can see. What belongs to somebody else answers the same, byte for byte.";
    case 409:
      return "Something else changed it at the same moment. Read it again, then repeat.";
    case 413:
      return operation.upload
        ? "The file is larger than 50 MB (52,428,800 bytes), or a field of the form is too long."
        : `The body is larger than ${(operation.bodyBytesMax ?? defaultBodyBytesMax).toLocaleString("en")} bytes.`;
    case 415:
      return operation.upload ? "The body is not multipart/form-data." : "The body is not application/json.";
    case 429:
      return "Too many requests with this key or of this organization. `Retry-After` says in how many seconds to go on.";
    case 500:
      return "Something went wrong on our side. `details` has the request's id, which is also in the log.";
    case 501:
      return "This is known to the protocol and not what this server does. `details` says what to do instead.";
    case 502:
      return "The source could not be reached, or answered nonsense.";
    case 503:
      return "Not available right now, e.g. the database is being restarted. `Retry-After` says when to try again.";
    default:
      return "Refused.";
  }
}
