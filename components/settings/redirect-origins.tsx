"use client";

import { Plus } from "lucide-react";
import { useRouter } from "next/navigation";
import { announce, notify } from "#lib/client/notices.ts";
import { over, useAction } from "#lib/client/use-action.ts";
import { showProblems } from "#lib/client/show-problems.ts";
import { useCheckedForm } from "#lib/client/use-checked-form.ts";
import { checkOrigin } from "#lib/contract/oauth-app-form.ts";
import { Banner } from "#components/ui/banner.tsx";
import { Button } from "#components/ui/button.tsx";
import { CopyButton } from "#components/ui/copy-button.tsx";
import { controlClass, Field } from "#components/ui/field.tsx";
import type { OriginActions } from "./actions.ts";

interface RedirectOriginsProps {
  readonly origins: readonly string[];
  /** undefined for people who may only look */
  readonly actions: OriginActions | undefined;
}

/** The origins end users may be sent back to without being asked. */
export function RedirectOrigins({ origins, actions }: RedirectOriginsProps) {
  return (
    <div className="rounded-card border border-line bg-surface">
      {origins.length ? (
        <ul aria-label="Trusted addresses" className="divide-y divide-line border-b border-line last:border-b-0">
          {origins.map((origin) => (
            <li key={origin} className="flex min-h-14 flex-wrap items-center gap-x-3 gap-y-1 px-4 py-2 sm:px-5">
              <code className="min-w-0 flex-1 font-mono text-sm break-all">{origin}</code>
              <CopyButton text={origin} what={origin} />
              {actions ? <RemoveButton origin={origin} actions={actions} /> : null}
            </li>
          ))}
        </ul>
      ) : (
        <p className="border-b border-line px-4 py-4 text-sm text-muted last:border-b-0 sm:px-5">
          None yet: people who are sent by an app of yours are asked once on a page of ours before their account is
          connected.
        </p>
      )}
      {actions ? <AddForm add={actions.add} /> : null}
    </div>
  );
}

function AddForm({ add }: Pick<OriginActions, "add">) {
  const router = useRouter();
  const form = useCheckedForm(checkOrigin);
  const { register, formState } = form;
  const adding = useAction(add, {
    onDone: () => {
      form.reset({ origin: "" });
      announce("Address added");
      router.refresh();
    },
    onRefused: ({ fields }) => showProblems(form, ["origin"], fields),
  });
  const submit = form.handleSubmit((input) => over(adding.mutateAsync(input)));
  const problem = adding.error?.fields.length ? null : adding.error;
  return (
    <form
      noValidate
      onSubmit={(event) => {
        if (adding.isPending || formState.isSubmitting) event.preventDefault();
        else void submit(event);
      }}
      className="space-y-3 px-4 py-4 sm:px-5"
    >
      {problem ? (
        <Banner tone="bad" role="alert" title={problem.message}>
          {problem.fix}
        </Banner>
      ) : null}
      <Field
        id="origin"
        label="Add an address"
        error={formState.errors.origin?.message}
        help="Scheme, host and port, exactly. Only https, except for localhost."
      >
        {({ id, describedBy, invalid }) => (
          <div className="flex items-start gap-2">
            <input
              id={id}
              {...register("origin")}
              type="text"
              inputMode="url"
              autoComplete="off"
              autoCapitalize="off"
              spellCheck={false}
              placeholder="https://app.example.com"
              aria-describedby={describedBy}
              aria-invalid={invalid}
              className={controlClass}
            />
            <Button type="submit" busy={adding.isPending} icon={<Plus aria-hidden className="size-4" />}>
              Add
            </Button>
          </div>
        )}
      </Field>
    </form>
  );
}

function RemoveButton({ origin, actions }: { readonly origin: string; readonly actions: OriginActions }) {
  const router = useRouter();
  const restoring = useAction(actions.add, {
    onDone: () => router.refresh(),
    onRefused: ({ message, fix }) => notify({ tone: "bad", title: message, ...(fix ? { detail: fix } : {}) }),
  });
  const removing = useAction(actions.remove, {
    onDone: () => {
      notify({
        tone: "good",
        title: `${origin} was removed`,
        action: { label: "Undo", run: () => restoring.mutate({ origin }) },
      });
      router.refresh();
    },
    onRefused: ({ message, fix }) => notify({ tone: "bad", title: message, ...(fix ? { detail: fix } : {}) }),
  });
  return (
    <Button
      size="small"
      tone="danger-quiet"
      aria-label={`Remove ${origin}`}
      busy={removing.isPending}
      onClick={() => removing.mutate({ origin })}
    >
      Remove
    </Button>
  );
}
