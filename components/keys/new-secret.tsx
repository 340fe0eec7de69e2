"use client";

import type { MadeKey } from "./actions.ts";
import { KeyReveal } from "./key-reveal.tsx";
import { KeySnippet } from "./key-snippet.tsx";

interface NewSecretProps {
  readonly made: MadeKey;
  readonly origin: string;
  readonly onStored: () => void;
}

/** The secret of a key that was just made or rotated, this one time, and a first call with it. */
export function NewSecret({ made, origin, onStored }: NewSecretProps) {
  return (
    <KeyReveal apiKey={made.key} onStored={onStored} done="I have stored it">
      <KeySnippet origin={origin} scopes={made.view.scopes} />
    </KeyReveal>
  );
}
