"use client";

import { useEffect, useRef, useState } from "react";
import type { ConnectionFormValues } from "#lib/client/connection-form.ts";
import { settle } from "#lib/client/result.ts";
import type { ProviderView, TagPreview } from "#lib/contract/views.ts";
import type { ConnectActions } from "./actions.ts";

/** Tags the real keys of the last test would get by the form as it is now; asks 250 ms after the last keystroke. */
export function useTagPreview(
  provider: ProviderView,
  values: ConnectionFormValues,
  ids: readonly string[],
  ask: ConnectActions["preview"],
  connectionId: string | undefined,
): ReadonlyMap<string, TagPreview> | undefined {
  const [preview, setPreview] = useState<ReadonlyMap<string, TagPreview>>();
  const turn = useRef(0);
  const key = JSON.stringify([values.settings, values.containerTags, ids]);
  useEffect(() => {
    if (!provider.previewsTags || ids.length === 0) return;
    const mine = ++turn.current;
    const timer = setTimeout(async () => {
      const reply = await settle(
        ask({
          provider: provider.id,
          settings: values.settings,
          ids: [...ids],
          containerTags: [...values.containerTags],
          connectionId,
        }),
      );
      // wrong settings answer with nothing: what was shown stays until they are right again
      if (mine === turn.current && reply.ok && reply.value.length) {
        setPreview(new Map(reply.value.map((tag) => [tag.id, tag])));
      }
    }, 250);
    return () => clearTimeout(timer);
    // `key` stands for everything that is sent
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [key]);
  return preview;
}
