import type { Metadata } from "next";
import { notFound } from "next/navigation";
import type { OAuthAppActions } from "#components/settings/actions.ts";
import { AppAndDoctor } from "#components/settings/app-and-doctor.tsx";
import { AppBadge, OffBadge } from "#components/settings/app-badge.tsx";
import { SetupGuide } from "#components/settings/setup-guide.tsx";
import { ProviderIcon } from "#components/connect/provider-icon.tsx";
import { Banner } from "#components/ui/banner.tsx";
import { Section } from "#components/ui/card.tsx";
import { PageHeader } from "#components/ui/page-header.tsx";
import type { OAuthAppView, OAuthSetupView } from "#lib/contract/oauth-app.ts";
import { mayWrite } from "#lib/contract/principal.ts";
import { env } from "#lib/env.ts";
import { checkAddress } from "#lib/oauth/doctor-address.ts";
import { setupOf } from "#lib/oauth/setup.ts";
import { listOAuthApps, requireOAuthConnector } from "#lib/organizations/oauth-apps.ts";
import { claimedAddress } from "#lib/server/claimed-address.ts";
import { requirePrincipal } from "#lib/server/session.ts";
import { checkApp, clearWebhook, removeApp, saveApp, showWebhook } from "../../actions.ts";

const actions: OAuthAppActions = {
  save: saveApp,
  remove: removeApp,
  check: checkApp,
  showWebhookSecret: showWebhook,
  clearWebhookSecret: clearWebhook,
};

interface Props {
  readonly params: Promise<{ readonly provider: string }>;
}

async function find({ params }: Props): Promise<OAuthAppView> {
  const { provider } = await params;
  const principal = await requirePrincipal();
  const app = (await listOAuthApps(principal)).find((candidate) => candidate.provider === provider);
  if (!app) notFound();
  return app;
}

export async function generateMetadata(props: Props): Promise<Metadata> {
  return { title: `OAuth app for ${(await find(props)).providerName} · Settings` };
}

export default async function OAuthAppPage(props: Props) {
  const [app, principal] = [await find(props), await requirePrincipal()];
  const setup = setupOf(requireOAuthConnector(app.provider));
  const address = checkAddress(env().APP_URL, await claimedAddress());
  const writes = mayWrite(principal);
  return (
    <>
      <PageHeader
        crumbs={[{ href: "/settings", label: "Settings" }]}
        icon={<ProviderIcon provider={app.provider} className="size-11" />}
        title={`OAuth app for ${app.providerName}`}
        description={
          <span className="mt-1 flex flex-wrap gap-2">
            <AppBadge source={app.source} own={app.own} />
            {app.own && !app.own.enabled ? <OffBadge /> : null}
          </span>
        }
      />
      <div className="max-w-3xl space-y-8">
        {address.state === "problem" ? (
          <Banner tone="bad" title={address.detail}>
            {address.fix}
          </Banner>
        ) : null}
        <StateBanner app={app} setup={setup} writes={writes} />
        <Section id="make" title={writes ? "1. Make an app" : "How an app is made"}>
          <SetupGuide setup={setup} />
        </Section>
        {writes ? <AppAndDoctor app={app} actions={actions} /> : null}
        {setup.caveats.length ? (
          <Section id="caveats" title="What no check can see">
            <ul className="list-disc space-y-1.5 ps-5 text-sm marker:text-muted">
              {setup.caveats.map((caveat) => (
                <li key={caveat}>{caveat}</li>
              ))}
            </ul>
          </Section>
        ) : null}
      </div>
    </>
  );
}

interface StateBannerProps {
  readonly app: OAuthAppView;
  readonly setup: OAuthSetupView;
  readonly writes: boolean;
}

/** Whose app is used, and who can change that. */
function StateBanner({ app, setup, writes }: StateBannerProps) {
  const ask = writes ? "" : " Ask an owner or admin of your organization if that should change.";
  if (app.source === "organization" && app.own?.refusedAt) {
    return (
      <Banner tone="bad" title={`${app.providerName} does not accept this app’s id and secret`}>
        Nobody can connect an account with it, and connections that use it cannot renew their access.{" "}
        {writes
          ? "Enter both again below, as they stand at the provider: a secret may have expired."
          : "Ask an owner or admin of your organization to correct it."}
      </Banner>
    );
  }
  if (app.source === "organization") {
    return (
      <Banner tone="good" title="New connections use your organization’s own app">
        {ask || "People who connect an account see its name and logo when they are asked."}
      </Banner>
    );
  }
  if (app.source === "operator") {
    return (
      <Banner tone="info" title="New connections use the app the operator of this server has set up">
        There is nothing to do. {writes ? "You may enter an app of your own, which is then used instead." : ask}
      </Banner>
    );
  }
  return (
    <Banner tone="warn" title={`Nobody can connect a ${app.providerName} account yet`}>
      {app.providerName} wants to know who asks.{" "}
      {writes ? "Make an app there and enter it here" : "Ask an owner or admin of your organization to set it up."}
      {writes ? (
        <>
          , or let the operator of this server set{" "}
          {setup.variables.map((name, index) => (
            <span key={name}>
              {index === 0 ? null : " and "}
              <code className="font-mono text-[0.8125rem]">{name}</code>
            </span>
          ))}{" "}
          for everybody.
        </>
      ) : null}
    </Banner>
  );
}
