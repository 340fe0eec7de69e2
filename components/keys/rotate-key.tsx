"use client";

import { useRouter } from "next/navigation";
import { useState } from "react";
import { inert } from "#lib/client/format.ts";
import { over, useAction } from "#lib/client/use-action.ts";
import { useZodForm } from "#lib/client/use-zod-form.ts";
import { graceForm } from "#lib/contract/key-form.ts";
import type { KeyView } from "#lib/contract/views.ts";
import { Banner } from "#components/ui/banner.tsx";
import { Button } from "#components/ui/button.tsx";
import { Choice } from "#components/ui/choice.tsx";
import { Dialog } from "#components/ui/dialog.tsx";
import type { KeyActions, MadeKey } from "./actions.ts";
import { graceOptions } from "./key-words.ts";
import { NewSecret } from "./new-secret.tsx";

interface RotateKeyProps {
  readonly view: KeyView;
  readonly rotate: KeyActions["rotate"];
  readonly origin: string;
  readonly onClose: () => void;
}

/** A new secret for a key; the old one goes on for as long as is chosen. */
export function RotateKey({ view, rotate, origin, onClose }: RotateKeyProps) {
  const router = useRouter();
  const [made, setMade] = useState<MadeKey>();
  const form = useZodForm(graceForm, { grace: "86400" });
  const rotating = useAction(rotate, { onDone: setMade });
  const submit = form.handleSubmit(({ grace }) => over(rotating.mutateAsync({ id: view.id, grace })));
  const close = () => {
    onClose();
    router.refresh();
  };

  return (
    <Dialog
      open
      onClose={close}
      dismissible={!made && !rotating.isPending}
      title={made ? "The new secret" : `Rotate “${inert(view.name)}”?`}
      description={
        made
          ? undefined
          : "The key gets a new secret, which is shown once. What it may do, its limit and its end stay as they are."
      }
    >
      {made ? (
        <NewSecret made={made} origin={origin} onStored={close} />
      ) : (
        <form
          noValidate
          onSubmit={(event) => {
            if (rotating.isPending || form.formState.isSubmitting) event.preventDefault();
            else void submit(event);
          }}
        >
          {rotating.error ? (
            <Banner tone="bad" role="alert" className="mb-4" title={rotating.error.message}>
              {rotating.error.fix}
            </Banner>
          ) : null}
          <fieldset className="space-y-2">
            <legend className="mb-2 text-sm font-medium">The secret that ends in {view.suffix}</legend>
            {graceOptions.map(({ value, title, text }) => (
              <Choice
                key={value}
                type="radio"
                {...form.register("grace")}
                value={value}
                title={title}
                {...(text && { text })}
              />
            ))}
          </fieldset>
          {view.previousUntil ? (
            <p className="mt-3 text-sm text-muted">An older one that still works from the last rotation stops now.</p>
          ) : null}
          <div className="mt-6 flex flex-wrap justify-end gap-2">
            <Button onClick={close}>Cancel</Button>
            <Button tone="primary" type="submit" busy={rotating.isPending}>
              Rotate key
            </Button>
          </div>
        </form>
      )}
    </Dialog>
  );
}
