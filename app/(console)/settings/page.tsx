import type { Metadata } from "next";
import { cookies } from "next/headers";
import { SignOutButton } from "#components/shell/sign-out-button.tsx";
import { ThemeSwitch } from "#components/shell/theme-switch.tsx";
import { Card } from "#components/ui/card.tsx";
import { CopyButton } from "#components/ui/copy-button.tsx";
import { PageHeader } from "#components/ui/page-header.tsx";
import { parseTheme } from "#lib/client/theme.ts";
import { env } from "#lib/env.ts";
import { organizationsOfUser } from "#lib/organizations/service.ts";
import { requirePrincipal } from "#lib/server/session.ts";

export const metadata: Metadata = { title: "Settings" };

export default async function SettingsPage() {
  const principal = await requirePrincipal();
  const organizations = await organizationsOfUser(principal.userId);
  const organization = organizations.find(({ id }) => id === principal.organizationId);
  const theme = parseTheme((await cookies()).get("theme")?.value);
  const api = `${env().APP_URL}/v3`;
  return (
    <>
      <PageHeader title="Settings" />
      <div className="max-w-2xl space-y-6">
        <Card className="divide-y divide-line">
          <Row label="Organization">{organization?.name}</Row>
          <Row label="Signed in as">
            <span className="break-all">{principal.email}</span>
            <span className="text-muted"> ({principal.role})</span>
          </Row>
          <Row label="API address">
            <span className="flex min-w-0 items-center gap-1">
              <code className="min-w-0 font-mono text-sm break-all">{api}</code>
              <CopyButton text={api} what="API address" className="-my-1.5" />
            </span>
          </Row>
        </Card>
        <section aria-labelledby="appearance">
          <h2 id="appearance" className="mb-3 text-base font-semibold">
            Appearance
          </h2>
          <ThemeSwitch theme={theme} words />
        </section>
        <section aria-labelledby="session">
          <h2 id="session" className="mb-3 text-base font-semibold">
            Session
          </h2>
          <SignOutButton label />
        </section>
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
