import type { Metadata } from "next";
import { cookies } from "next/headers";
import { AppList } from "#components/settings/app-list.tsx";
import { RedirectOrigins } from "#components/settings/redirect-origins.tsx";
import { SignOutButton } from "#components/shell/sign-out-button.tsx";
import { ThemeSwitch } from "#components/shell/theme-switch.tsx";
import { Card, Section } from "#components/ui/card.tsx";
import { CopyButton } from "#components/ui/copy-button.tsx";
import { PageHeader } from "#components/ui/page-header.tsx";
import { parseTheme } from "#lib/client/theme.ts";
import { mayWrite } from "#lib/contract/principal.ts";
import { env } from "#lib/env.ts";
import { listOAuthApps } from "#lib/organizations/oauth-apps.ts";
import { listRedirectOrigins } from "#lib/organizations/redirect-origins.ts";
import { organizationsOfUser } from "#lib/organizations/service.ts";
import { requirePrincipal } from "#lib/server/session.ts";
import { addOrigin, removeOrigin } from "./actions.ts";

export const metadata: Metadata = { title: "Settings" };

export default async function SettingsPage() {
  const principal = await requirePrincipal();
  const [organizations, apps, origins] = await Promise.all([
    organizationsOfUser(principal.userId),
    listOAuthApps(principal),
    listRedirectOrigins(principal.organizationId),
  ]);
  const organization = organizations.find(({ id }) => id === principal.organizationId);
  const theme = parseTheme((await cookies()).get("theme")?.value);
  const api = env().APP_URL;
  return (
    <>
      <PageHeader title="Settings" />
      <div className="max-w-2xl space-y-8">
        <Card className="divide-y divide-line">
          <Row label="Organization">{organization?.name}</Row>
          <Row label="Signed in as">
            <span className="break-all">{principal.email}</span>
            <span className="text-muted"> ({principal.role})</span>
          </Row>
          <Row label="Base URL for the official clients">
            <span className="flex min-w-0 items-center gap-1">
              <code className="min-w-0 font-mono text-sm break-all">{api}</code>
              <CopyButton text={api} what="base URL" className="-my-1.5" />
            </span>
            <span className="block text-sm text-muted">
              The paths of the API begin with <code className="font-mono">/v3</code>; the clients add that themselves.
            </span>
          </Row>
        </Card>
        {apps.length ? (
          <Section
            id="oauth-apps"
            title="OAuth apps"
            note="Through them people connect their accounts: your organization’s own, or the one the operator has set up."
          >
            <AppList apps={apps} />
          </Section>
        ) : null}
        <Section
          id="redirect-origins"
          title="Where people may be sent back"
          note="An app of yours that connects its users by API names the address they come back to. If it is on this list, they are not asked on a page of ours first."
        >
          <RedirectOrigins
            origins={origins}
            actions={mayWrite(principal) ? { add: addOrigin, remove: removeOrigin } : undefined}
          />
        </Section>
        <Section id="appearance" title="Appearance">
          <ThemeSwitch theme={theme} words />
        </Section>
        <Section id="session" title="Session">
          <SignOutButton label />
        </Section>
      </div>
    </>
  );
}

function Row({ label, children }: { readonly label: string; readonly children: React.ReactNode }) {
  return (
    <div className="flex flex-wrap items-center gap-x-6 gap-y-1 px-4 py-3.5 sm:px-5">
      <p className="w-36 shrink-0 text-sm text-muted">{label}</p>
      <div className="min-w-0 flex-1 basis-60">{children}</div>
    </div>
  );
}
