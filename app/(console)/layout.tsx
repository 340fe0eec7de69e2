import { cookies } from "next/headers";
import type { ReactNode } from "react";
import { parseTheme } from "#lib/client/theme.ts";
import { QueryProvider } from "#components/shell/query-provider.tsx";
import { Shell } from "#components/shell/shell.tsx";
import { organizationsOfUser } from "#lib/organizations/service.ts";
import { requirePrincipal } from "#lib/server/session.ts";

export default async function ConsoleLayout({ children }: { readonly children: ReactNode }) {
  const principal = await requirePrincipal();
  const organizations = await organizationsOfUser(principal.userId);
  const theme = parseTheme((await cookies()).get("theme")?.value);
  return (
    <Shell
      email={principal.email}
      organization={organizations.find((organization) => organization.id === principal.organizationId)?.name ?? ""}
      theme={theme}
    >
      <QueryProvider>{children}</QueryProvider>
    </Shell>
  );
}
