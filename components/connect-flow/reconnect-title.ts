import type { ReconnectPageView } from "#lib/contract/connect-page.ts";
import { inert } from "#lib/client/format.ts";

/** Heading of a link to reconnect: what is asked for, or that it was done already. */
export function reconnectTitle({ connected, provider, organization }: ReconnectPageView): string {
  return connected
    ? `${provider.name} is connected to ${inert(organization)} already`
    : `Reconnect ${provider.name} for ${inert(organization)}`;
}
