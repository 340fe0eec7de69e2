"use client";

import type { ReactNode } from "react";
import { Button } from "#components/ui/button.tsx";
import { CopyButton } from "#components/ui/copy-button.tsx";

interface KeyRevealProps {
  readonly apiKey: string;
  readonly onStored: () => void;
  readonly done: string;
  /** between the key and the button */
  readonly children?: ReactNode;
}

/** A new key, shown this one time. */
export function KeyReveal({ apiKey, onStored, done, children }: KeyRevealProps) {
  return (
    <>
      <p className="mt-1 mb-4 text-muted">
        Copy it now: only a fingerprint is kept here, so it cannot be shown again. Programs send it as{" "}
        <code className="font-mono text-[0.9em] text-ink">Authorization: Bearer …</code>
      </p>
      <div className="mb-5 flex items-center gap-2 rounded-control border border-line bg-sunken p-2 ps-3">
        <code data-testid="api-key" className="min-w-0 flex-1 font-mono text-sm break-all select-all">
          {apiKey}
        </code>
        <CopyButton text={apiKey} what="API key" label="Copy" />
      </div>
      {children}
      <Button tone="primary" className="w-full" onClick={onStored}>
        {done}
      </Button>
    </>
  );
}
