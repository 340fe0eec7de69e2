"use client";

import { usePathname } from "next/navigation";
import { count } from "#lib/client/format.ts";
import { LinkTabs } from "#components/ui/link-tabs.tsx";
import { useConnection } from "./connection-context.tsx";

export function ConnectionTabs() {
  const { data: connection } = useConnection();
  const path = usePathname();
  const base = `/connections/${connection.id}`;
  const tab = (href: string, label: string, figure?: number) => ({
    href,
    label,
    count: figure === undefined ? undefined : count(figure),
    current: path === href,
  });
  return (
    <LinkTabs
      label="Connection"
      tabs={[
        tab(base, "Overview"),
        tab(`${base}/documents`, "Documents", connection.documentCount),
        tab(`${base}/runs`, "Runs"),
        tab(`${base}/issues`, "Issues", connection.issueCount),
      ]}
    />
  );
}
