import type { ProviderView } from "#lib/contract/views.ts";
import { Banner } from "#components/ui/banner.tsx";
import { ButtonLink } from "#components/ui/button.tsx";
import { setUpPath } from "./set-up-path.ts";

interface NotReadyProps {
  readonly provider: ProviderView;
  /** the person may set it up */
  readonly writes: boolean;
}

/** Nobody has entered an OAuth app of this provider yet. */
export function NotReady({ provider, writes }: NotReadyProps) {
  return (
    <Banner
      tone="warn"
      title={`${provider.name} is not set up yet`}
      actions={
        writes ? (
          <ButtonLink href={setUpPath(provider.id)} size="small">
            Set up {provider.name}
          </ButtonLink>
        ) : null
      }
    >
      {provider.name} sends people back only to apps it knows.{" "}
      {writes
        ? "Enter an OAuth app of yours once; then everybody here can connect."
        : "Ask an owner or admin to enter an OAuth app for it."}
    </Banner>
  );
}

/** The provider does not accept the organization's own app. Connecting can be tried all the same. */
export function AppRefused({ provider, writes }: NotReadyProps) {
  return (
    <Banner
      tone="warn"
      className="mb-6"
      title={`${provider.name} does not accept your organization’s OAuth app`}
      actions={
        writes ? (
          <ButtonLink href={setUpPath(provider.id)} size="small">
            Correct it
          </ButtonLink>
        ) : null
      }
    >
      Its id or secret is wrong or has expired, so connecting is likely to fail.
      {writes ? null : " Ask an owner or admin to correct it."}
    </Banner>
  );
}
