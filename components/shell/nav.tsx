"use client";

import Link from "next/link";
import { usePathname } from "next/navigation";
import { cx } from "#components/ui/cx.ts";
import { isCurrent, navItems } from "./nav-items.ts";

/** Sidebar on wide screens. */
export function SideNav() {
  const path = usePathname();
  return (
    <nav aria-label="Main">
      <ul className="space-y-0.5">
        {navItems.map(({ href, label, icon: Icon }) => {
          const current = isCurrent(href, path);
          return (
            <li key={href}>
              <Link
                href={href}
                aria-current={current ? "page" : undefined}
                className={cx(
                  "flex min-h-9 items-center gap-3 rounded-control px-2.5 text-sm font-medium transition-colors",
                  current ? "bg-accent-soft text-accent-ink" : "text-muted hover:bg-hover hover:text-ink",
                )}
              >
                <Icon aria-hidden className="size-[1.125rem]" strokeWidth={1.8} />
                {label}
              </Link>
            </li>
          );
        })}
      </ul>
    </nav>
  );
}

/** Bar at the bottom of phones, within reach of a thumb. */
export function BottomNav() {
  const path = usePathname();
  return (
    <nav
      aria-label="Main"
      className="fixed inset-x-0 bottom-0 z-30 border-t border-line bg-surface pb-[env(safe-area-inset-bottom)] lg:hidden"
    >
      <ul className="mx-auto grid max-w-xl grid-cols-5">
        {navItems
          .filter((item) => item.phone)
          .map(({ href, label, icon: Icon }) => {
            const current = isCurrent(href, path);
            return (
              <li key={href}>
                <Link
                  href={href}
                  aria-current={current ? "page" : undefined}
                  className={cx(
                    "flex h-16 flex-col items-center justify-center gap-1 text-[0.6875rem] font-medium focus-visible:-outline-offset-2",
                    current ? "text-accent-ink" : "text-muted",
                  )}
                >
                  <span className={cx("grid h-7 w-12 place-items-center rounded-full", current && "bg-accent-soft")}>
                    <Icon aria-hidden className="size-5" strokeWidth={1.8} />
                  </span>
                  {label}
                </Link>
              </li>
            );
          })}
      </ul>
    </nav>
  );
}
