"use client";

import { useRouter } from "next/navigation";
import { useEffect } from "react";
import { Spinner } from "#components/ui/spinner.tsx";
import { FlowHeading } from "./flow-heading.tsx";

const lookEveryMs = 1_500;

/** Another tab or a double click is finishing it: this page looks until there is a result, which leads on by itself. */
export function FlowWaiting({ provider }: { readonly provider: { readonly id: string; readonly name: string } }) {
  const router = useRouter();
  useEffect(() => {
    const timer = setInterval(() => router.refresh(), lookEveryMs);
    return () => clearInterval(timer);
  }, [router]);
  return (
    <>
      <FlowHeading provider={provider.id} title={`Connecting ${provider.name}…`} />
      <p role="status" className="mt-2 flex items-center gap-2 text-muted">
        <Spinner />
        This takes a few seconds and goes on by itself.
      </p>
    </>
  );
}
