import { cx } from "#components/ui/cx.ts";

/** A provider's mark; its name always stands beside it. */
export function ProviderIcon({ provider, className }: { readonly provider: string; readonly className?: string }) {
  // a plain <img>: the files are tiny and there is no image optimiser
  // eslint-disable-next-line @next/next/no-img-element
  return (
    <img
      src={`/providers/${provider}.svg`}
      alt=""
      width={40}
      height={40}
      className={cx("shrink-0", className ?? "size-10")}
    />
  );
}
