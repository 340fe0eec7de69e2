/** What a request said about the address it was opened under. Anybody can say anything: it decides nothing. */
export interface ClaimedAddress {
  readonly host?: string;
  /** by X-Forwarded-Host or Forwarded */
  readonly forwardedHost?: string;
  /** by X-Forwarded-Proto or Forwarded */
  readonly forwardedProto?: string;
  /** something in front of us left a trace */
  readonly proxied: boolean;
}
