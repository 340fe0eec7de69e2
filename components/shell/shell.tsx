import { Settings2 } from "lucide-react";
import Link from "next/link";
import type { ReactNode } from "react";
import type { Theme } from "#lib/client/theme.ts";
import { Logo } from "#components/ui/logo.tsx";
import { BottomNav, SideNav } from "./nav.tsx";
import { SignOutButton } from "./sign-out-button.tsx";
import { ThemeSwitch } from "./theme-switch.tsx";

interface ShellProps {
  readonly email: string;
  readonly organization: string;
  readonly theme: Theme;
  readonly children: ReactNode;
}

/** The frame of every console page. */
export function Shell({ email, organization, theme, children }: ShellProps) {
  return (
    <>
      <a
        href="#main"
        className="fixed top-2 left-2 z-50 -translate-y-20 rounded-control bg-accent px-4 py-2.5 font-medium text-on-accent focus:translate-y-0"
      >
        Skip to content
      </a>
      <div className="lg:grid lg:grid-cols-[15rem_minmax(0,1fr)]">
        <header className="sticky top-0 hidden h-dvh flex-col overflow-y-auto border-e border-line p-4 lg:flex">
          <Link href="/" className="mb-6 rounded-control px-1 py-1">
            <Logo />
          </Link>
          <SideNav />
          {/* not fetched ahead: it is the largest page */}
          <Link
            href="/reference"
            prefetch={false}
            className="mt-auto mb-3 rounded-control px-2.5 py-1.5 text-sm font-medium text-muted hover:bg-hover hover:text-ink"
          >
            API reference
          </Link>
          <div className="space-y-3 border-t border-line pt-4">
            <div className="px-1 text-sm">
              <p className="truncate font-medium">{organization}</p>
              <p className="truncate text-muted" title={email}>
                {email}
              </p>
            </div>
            <div className="flex items-center justify-between gap-2">
              <ThemeSwitch theme={theme} />
              <SignOutButton />
            </div>
          </div>
        </header>
        <div className="min-w-0">
          <header className="sticky top-0 z-20 flex h-14 items-center justify-between border-b border-line bg-canvas px-4 lg:hidden">
            <Link href="/" className="rounded-control py-1">
              <Logo />
            </Link>
            <Link
              href="/settings"
              aria-label="Settings and account"
              className="inline-grid size-11 place-items-center rounded-control text-muted hover:bg-hover"
            >
              <Settings2 aria-hidden className="size-5" strokeWidth={1.8} />
            </Link>
          </header>
          <main
            id="main"
            tabIndex={-1}
            className="mx-auto w-full max-w-6xl px-4 pt-6 pb-28 sm:px-6 lg:px-10 lg:pt-9 lg:pb-16"
          >
            {children}
          </main>
        </div>
      </div>
      <BottomNav />
    </>
  );
}
