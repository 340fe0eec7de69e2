"use client";

import { Play } from "lucide-react";
import dynamic from "next/dynamic";
import { useState } from "react";
import type { Trial } from "#lib/contract/reference-view.ts";
import { Button } from "#components/ui/button.tsx";

const TrialPanel = dynamic(() => import("./trial-panel.tsx").then((module) => module.TrialPanel), { ssr: false });

interface TryItProps {
  readonly id: string;
  readonly summary: string;
  readonly trial: Trial;
}

/** Opens the form that sends the request; its script comes only then. */
export function TryIt({ id, summary, trial }: TryItProps) {
  const [open, setOpen] = useState(false);
  return (
    <div>
      <Button
        size="small"
        icon={<Play aria-hidden className="size-3.5" />}
        aria-expanded={open}
        aria-label={`Try it: ${summary}`}
        onClick={() => setOpen(!open)}
      >
        Try it
      </Button>
      {open ? <TrialPanel id={id} summary={summary} trial={trial} /> : null}
    </div>
  );
}
