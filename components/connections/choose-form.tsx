"use client";

import { useRouter } from "next/navigation";
import { useId, useMemo, useRef, useState } from "react";
import type { ChosenView, SelectionView } from "#lib/contract/views.ts";
import { patientApi } from "#lib/client/console-api.ts";
import { count, inert } from "#lib/client/format.ts";
import { notify } from "#lib/client/notices.ts";
import { Refusal } from "#lib/client/refusal.ts";
import { resourceLoader, type LoadResources } from "#lib/client/resources.ts";
import type { ActionResult } from "#lib/client/result.ts";
import { useAction } from "#lib/client/use-action.ts";
import { ResourcePicker } from "#components/connect/resource-picker.tsx";
import { Banner } from "#components/ui/banner.tsx";
import { Button, ButtonLink } from "#components/ui/button.tsx";

interface ChooseFormProps {
  readonly connectionId: string;
  readonly selection: SelectionView;
  readonly choose: (input: { id: string; chosen: ChosenView[] }) => Promise<ActionResult<{ readonly id: string }>>;
}

/** Changes what of a source is synced, and says what that will do before it is done. */
export function ChooseForm({ connectionId, selection, choose }: ChooseFormProps) {
  const router = useRouter();
  const id = useId();
  const problem = useRef<HTMLDivElement>(null);
  const [chosen, setChosen] = useState(selection.chosen);
  const [trouble, setTrouble] = useState<{ readonly message: string; readonly fix?: string | undefined } | null>(null);
  const load = useMemo<LoadResources>(() => {
    const ask = resourceLoader((asked, asking) =>
      patientApi.call("GET /api/console/connections/{id}/resources", {
        params: { id: connectionId },
        query: asked,
        signal: asking,
      }),
    );
    return async (query, signal) => {
      try {
        return await ask(query, signal);
      } catch (error) {
        // This may be how it is found out that access has ended: the page then shows the way to reconnect instead.
        if (error instanceof Refusal) router.refresh();
        throw error;
      }
    };
  }, [connectionId, router]);
  const away = `/connections/${connectionId}`;
  const gone = selection.chosen.filter((one) => !chosen.some(({ id: same }) => same === one.id));

  const refuse = (message: string, fix?: string) => {
    setTrouble({ message, fix });
    requestAnimationFrame(() => problem.current?.focus());
  };
  const saving = useAction(choose, {
    onDone: () => {
      notify({ tone: "good", title: "Saved", detail: "A sync has started with what you chose." });
      router.push(away);
    },
    onRefused: ({ message, fix, fields }) => refuse(message, fix ?? fields[0]?.message),
  });
  const save = () => {
    setTrouble(null);
    if (selection.required && chosen.length === 0) return refuse("Choose at least one file or folder.");
    saving.mutate({ id: connectionId, chosen: chosen.map(({ id: one, name, kind }) => ({ id: one, name, kind })) });
  };

  return (
    <div className="space-y-6">
      {trouble ? (
        <div ref={problem} tabIndex={-1}>
          <Banner tone="bad" role="alert" title={inert(trouble.message)}>
            {trouble.fix ? inert(trouble.fix) : null}
          </Banner>
        </div>
      ) : null}
      <ResourcePicker
        load={load}
        chosen={chosen}
        onChange={(next) => {
          setTrouble(null);
          setChosen(next);
        }}
        whenEmpty={
          selection.required
            ? "Nothing yet. Tick what should be synced."
            : "Nothing in particular: everything is synced. Tick files or folders to sync only those."
        }
      />
      {gone.length ? (
        <p id={`${id}-gone`} role="status" className="max-w-[64ch] text-sm text-muted">
          You took {gone.length === 1 ? `“${inert(gone[0]?.name ?? "")}”` : count(gone.length)} away: the documents that
          come from there alone are removed here. Nothing changes at the source.
        </p>
      ) : null}
      <div className="flex flex-wrap gap-2">
        <Button
          tone="primary"
          busy={saving.isPending}
          aria-describedby={gone.length ? `${id}-gone` : undefined}
          onClick={save}
        >
          Save and sync
        </Button>
        <ButtonLink href={away}>Cancel</ButtonLink>
      </div>
    </div>
  );
}
