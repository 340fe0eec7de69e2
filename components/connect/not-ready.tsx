import type { ProviderView } from "#lib/contract/views.ts";
import { Banner } from "#components/ui/banner.tsx";
import { ButtonLink } from "#components/ui/button.tsx";
import { setUpPath } from "./set-up-path.ts";

/** Nobody has entered an OAuth app of this provider yet. */
export function NotReady({ provider }: { readonly provider: ProviderView }) {
  return (
    <Banner
      tone="warn"
      title={`${provider.name} is not set up yet`}
      actions={
        <ButtonLink href={setUpPath(provider.id)} size="small">
          Set up {provider.name}
        </ButtonLink>
      }
    >
      {provider.name} sends people back only to apps it knows. Enter an OAuth app of yours once; then everybody here can
      connect.
    </Banner>
  );
}
