/** What an account at a provider allows a connection to do, in words for people. */
export interface GrantView {
  readonly allowed: readonly string[];
  /** asked for and not given; empty where the provider does not say */
  readonly refused: readonly string[];
  /** ISO 8601 */
  readonly since: string;
}
