import { Banner } from "#components/ui/banner.tsx";
import type { GoProblem } from "./use-go.ts";

/** What was wrong with what was just pressed. */
export function GoProblemBanner({ problem }: { readonly problem: GoProblem | null }) {
  if (!problem) return null;
  return (
    <Banner tone="bad" role="alert" title={problem.title} className="my-4">
      {problem.fix}
    </Banner>
  );
}
