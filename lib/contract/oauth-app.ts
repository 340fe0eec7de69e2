/** An organization's own OAuth app at a provider: what may be entered, and what is shown of it. */

/** A Microsoft tenant, and what others may call so: an id, a domain, or a word such as `common`. */
export const tenantPattern = /^[A-Za-z0-9][A-Za-z0-9.-]{0,252}$/;

export type OAuthAppPart = "clientId" | "clientSecret" | "tenant";

const longest: Readonly<Record<OAuthAppPart, number>> = { clientId: 512, clientSecret: 2_048, tenant: 253 };

/** What is wrong with a value that is not empty; undefined = nothing. Spaces around it do not count. */
export function oauthAppProblem(part: OAuthAppPart, text: string): string | undefined {
  const value = text.trim();
  if (value.length > longest[part]) return `must not be longer than ${longest[part]} characters`;
  if (part === "tenant")
    return tenantPattern.test(value) ? undefined : "must be a tenant’s id or domain, e.g. contoso.onmicrosoft.com";
  return /^[\x21-\x7e]+$/.test(value) ? undefined : "must consist of plain letters, digits and signs, without spaces";
}

const dots = "••••";

/** How a stored secret is shown: dots, and its end where that gives nothing away. */
export function maskedSecret(last4: string | null): string {
  return dots + (last4 ?? "");
}

/** Sent back by a caller that read it: the stored secret stays. */
export function isMaskedSecret(text: string): boolean {
  return new RegExp(`^${dots}.{0,4}$`, "u").test(text.trim());
}

export interface OAuthAppView {
  readonly provider: string;
  readonly providerName: string;
  /** whose app new connections use; null = there is none, so nothing can be connected */
  readonly source: "organization" | "operator" | null;
  /** the operator has set this provider's variables */
  readonly operator: boolean;
  /** what the organization has entered; null = nothing */
  readonly own: OwnOAuthAppView | null;
  /** what else the provider lets an app choose; null = nothing */
  readonly tenant: { readonly label: string; readonly help: string; readonly fallback: string } | null;
}

export interface OwnOAuthAppView {
  readonly enabled: boolean;
  readonly clientId: string | null;
  readonly secret: { readonly set: boolean; readonly last4: string | null };
  readonly tenant: string | null;
  /** for providers whose notices an app has to be registered for by hand; null = this one needs no such thing */
  readonly notices: {
    readonly address: string;
    /** the provider has sent what will sign them */
    readonly secretSet: boolean;
    /** false = the provider cannot reach us */
    readonly reachable: boolean;
  } | null;
  /** connections whose account was connected through this app: they need it for as long as they live */
  readonly connections: number;
  /** since when the provider does not accept client id and secret; null = as far as is known it does */
  readonly refusedAt: string | null;
  readonly updatedAt: string;
}

/** What the set-up page shows without asking anybody. */
export interface OAuthSetupView {
  /** to be registered at the provider, letter by letter; the first is the one that is used */
  readonly redirectUris: readonly string[];
  readonly where: string;
  readonly url: string;
  readonly steps: readonly string[];
  /** what no check can see, in words */
  readonly caveats: readonly string[];
  readonly scopes: readonly { readonly name: string; readonly words: string }[];
  /** the operator's variables: what to tell whoever runs the server */
  readonly variables: readonly string[];
}

export interface DoctorCheck {
  readonly id: string;
  readonly title: string;
  /** unknown: cannot be seen from here */
  readonly state: "ok" | "problem" | "unknown";
  /** what was seen */
  readonly detail: string;
  /** what to do; null when there is nothing to do */
  readonly fix: string | null;
}
