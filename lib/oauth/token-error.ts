export type TokenErrorKind =
  /** the code or the refresh token is not good (any more): a person has to consent again */
  | "invalid_grant"
  /** the provider does not accept our client id and secret */
  | "invalid_client"
  /** the provider understood and said no */
  | "refused"
  /** no answer, or an error of the provider's own: worth another try */
  | "unreachable"
  /** an answer that is no token reply */
  | "nonsense";

const fixes: Readonly<Record<TokenErrorKind, string>> = {
  invalid_grant: "Connect the account again.",
  invalid_client: "Check the client id and the client secret in Settings → OAuth apps.",
  refused: "Check the OAuth app's settings at the provider, then connect again.",
  unreachable: "Try again in a few minutes.",
  nonsense: "Try again; if it stays, check the provider's addresses in the configuration.",
};

/** A token, revocation or trial request that gave nothing usable. Message and fix are for people and hold no secrets. */
export class TokenError extends Error {
  readonly kind: TokenErrorKind;
  /** one sentence: what to do */
  readonly fix: string;
  /** the request may have been acted upon: only its answer is missing */
  readonly lost: boolean;
  constructor(
    kind: TokenErrorKind,
    message: string,
    options: { readonly fix?: string; readonly lost?: boolean; readonly cause?: unknown } = {},
  ) {
    super(message, { cause: options.cause });
    this.name = "TokenError";
    this.kind = kind;
    this.fix = options.fix ?? fixes[kind];
    this.lost = options.lost ?? false;
  }
}
