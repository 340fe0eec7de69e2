import Link from "next/link";
import type { ReactNode } from "react";

interface PageHeaderProps {
  readonly title: ReactNode;
  readonly description?: ReactNode;
  readonly icon?: ReactNode;
  readonly actions?: ReactNode;
  /** the way up, outermost first */
  readonly crumbs?: readonly { readonly href: string; readonly label: string }[];
}

/** Crumbs, the page's only h1, a line about it, and what can be done. */
export function PageHeader({ title, description, icon, actions, crumbs }: PageHeaderProps) {
  return (
    <header className="mb-6 sm:mb-8">
      {crumbs?.length ? (
        <nav aria-label="Breadcrumb" className="mb-2">
          <ol className="flex flex-wrap items-center gap-x-1.5 text-sm text-muted">
            {crumbs.map((crumb, index) => (
              <li key={crumb.href} className="flex min-w-0 items-center gap-1.5">
                <Link
                  href={crumb.href}
                  className="inline-block max-w-[16rem] truncate py-1 hover:text-ink hover:underline"
                >
                  {crumb.label}
                </Link>
                {index < crumbs.length - 1 ? <span aria-hidden>/</span> : null}
              </li>
            ))}
          </ol>
        </nav>
      ) : null}
      <div className="flex flex-wrap items-start justify-between gap-x-6 gap-y-4">
        <div className="flex min-w-0 items-start gap-3.5">
          {icon}
          <div className="min-w-0">
            <h1 className="text-[1.5rem] leading-8 font-semibold tracking-[-0.02em]">{title}</h1>
            {description ? <div className="mt-1 max-w-[64ch] text-muted">{description}</div> : null}
          </div>
        </div>
        {actions ? <div className="flex flex-wrap items-center gap-2">{actions}</div> : null}
      </div>
    </header>
  );
}
