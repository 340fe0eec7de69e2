import type { LucideIcon } from "lucide-react";
import { ProviderIcon } from "#components/connect/provider-icon.tsx";
import { cx } from "#components/ui/cx.ts";

interface FlowHeadingProps {
  readonly title: string;
  /** its mark */
  readonly provider?: string;
  readonly icon?: LucideIcon;
  readonly tone?: "good" | "quiet";
}

/** What this page is about: the provider's mark, or a sign of how it went. */
export function FlowHeading({ title, provider, icon: Icon, tone = "quiet" }: FlowHeadingProps) {
  return (
    <>
      {provider === undefined ? null : <ProviderIcon provider={provider} className="mb-4 size-11" />}
      {Icon ? (
        <span
          aria-hidden
          className={cx(
            "mb-4 grid size-11 place-items-center rounded-full",
            tone === "good" ? "bg-good-soft text-good" : "bg-sunken text-muted",
          )}
        >
          <Icon className="size-5" strokeWidth={1.9} />
        </span>
      ) : null}
      <h1 className="text-xl font-semibold tracking-[-0.02em] text-balance break-words">{title}</h1>
    </>
  );
}
