export type EmbeddingsErrorKind =
  /** no answer, or one that says "later": the same request may succeed another time */
  | "unavailable"
  /** it was not asked, because it did not answer a moment ago: nothing to tell anybody again */
  | "resting"
  /** it does not want these texts, or does not know the model: the same request will not succeed */
  | "refused"
  /** an answer that is not what was asked for: too few vectors, other sizes, NaN, zeros */
  | "bad_reply";

/** The message says what happened, for logs; never a key or a text that was sent. */
export class EmbeddingsError extends Error {
  readonly kind: EmbeddingsErrorKind;
  constructor(kind: EmbeddingsErrorKind, message: string, options: { cause?: unknown } = {}) {
    super(message, options);
    this.name = "EmbeddingsError";
    this.kind = kind;
  }
}
