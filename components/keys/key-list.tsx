"use client";

import dynamic from "next/dynamic";
import { useState } from "react";
import type { KeyView } from "#lib/contract/views.ts";
import type { KeyActions } from "./actions.ts";
import { KeyRow, type KeyVerb } from "./key-row.tsx";

const ChangeKey = dynamic(() => import("./change-key.tsx").then((module) => module.ChangeKey), { ssr: false });
const RotateKey = dynamic(() => import("./rotate-key.tsx").then((module) => module.RotateKey), { ssr: false });
const RevokeKey = dynamic(() => import("./revoke-key.tsx").then((module) => module.RevokeKey), { ssr: false });

interface KeyListProps {
  readonly keys: readonly KeyView[];
  /** undefined for people who may only look */
  readonly actions: KeyActions | undefined;
  /** scheme, host and port of the API */
  readonly origin: string;
}

export function KeyList({ keys, actions, origin }: KeyListProps) {
  const [asking, setAsking] = useState<{ readonly verb: KeyVerb; readonly view: KeyView }>();
  const close = () => setAsking(undefined);
  return (
    <>
      <ul aria-label="API keys" className="overflow-hidden rounded-card border border-line bg-surface">
        {keys.map((view) => (
          <KeyRow key={view.id} view={view} onAsk={actions ? (verb) => setAsking({ verb, view }) : undefined} />
        ))}
      </ul>
      {asking && actions ? (
        asking.verb === "change" ? (
          <ChangeKey view={asking.view} update={actions.update} onClose={close} />
        ) : asking.verb === "rotate" ? (
          <RotateKey view={asking.view} rotate={actions.rotate} origin={origin} onClose={close} />
        ) : (
          <RevokeKey view={asking.view} revoke={actions.revoke} onClose={close} />
        )
      ) : null}
    </>
  );
}
