import { cookies } from "next/headers";
import Link from "next/link";
import type { ReactNode } from "react";
import { parseTheme } from "#lib/client/theme.ts";
import { ThemeSwitch } from "#components/shell/theme-switch.tsx";
import { Logo } from "#components/ui/logo.tsx";
import "./reference.css";

/** Public: a frame without anything of the console's in it. */
export default async function ReferenceLayout({ children }: { readonly children: ReactNode }) {
  const theme = parseTheme((await cookies()).get("theme")?.value);
  return (
    <>
      <a
        href="#main"
        className="fixed top-2 left-2 z-50 -translate-y-20 rounded-control bg-accent px-4 py-2.5 font-medium text-on-accent focus:translate-y-0"
      >
        Skip to content
      </a>
      <header className="border-b border-line">
        <div className="mx-auto flex min-h-14 max-w-[100rem] items-center justify-between gap-4 px-4 sm:px-6">
          <Link href="/" className="rounded-control py-1">
            <Logo />
          </Link>
          <ThemeSwitch theme={theme} />
        </div>
      </header>
      {children}
    </>
  );
}
