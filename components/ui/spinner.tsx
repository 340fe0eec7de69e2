import { LoaderCircle } from "lucide-react";
import { cx } from "./cx.ts";

/** Decoration only: whoever shows it says in words what is going on. */
export function Spinner({ className }: { readonly className?: string }) {
  return <LoaderCircle aria-hidden className={cx("size-4 shrink-0 animate-spin", className)} />;
}
