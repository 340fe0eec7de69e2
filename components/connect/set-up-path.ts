/** Where a provider's OAuth app is entered and checked. */
export function setUpPath(provider: string): string {
  return `/settings/oauth/${provider}`;
}
