"use client";

import { useState } from "react";
import { useWatch } from "react-hook-form";
import { notify } from "#lib/client/notices.ts";
import { over, useAction } from "#lib/client/use-action.ts";
import { showProblems } from "#lib/client/show-problems.ts";
import { useCheckedForm } from "#lib/client/use-checked-form.ts";
import { checkOAuthApp } from "#lib/contract/oauth-app-form.ts";
import type { OAuthAppView } from "#lib/contract/oauth-app.ts";
import { Banner } from "#components/ui/banner.tsx";
import { Button } from "#components/ui/button.tsx";
import { controlClass, Field } from "#components/ui/field.tsx";
import { SecretInput } from "#components/ui/secret-input.tsx";
import { StoredSecret } from "#components/ui/stored-secret.tsx";
import type { OAuthAppActions } from "./actions.ts";
import { RemoveApp } from "./remove-app.tsx";

interface AppFormProps {
  readonly app: OAuthAppView;
  readonly actions: OAuthAppActions;
  /** something was saved or removed */
  readonly onChanged: (app: OAuthAppView) => void;
}

/** Client id, client secret, tenant and the switch of an organization's own OAuth app. */
export function AppForm({ app, actions, onChanged }: AppFormProps) {
  const { own, providerName, tenant } = app;
  const stored = own?.secret.set ?? false;
  const [asking, setAsking] = useState(false);
  const form = useCheckedForm(checkOAuthApp(stored));
  const { register, formState } = form;
  const saving = useAction(actions.save, {
    onDone: (saved) => {
      notify({ tone: "good", title: `Your ${providerName} app is saved` });
      onChanged(saved);
    },
    onRefused: ({ fields }) => showProblems(form, ["clientId", "clientSecret", "tenant"], fields),
  });
  const submit = form.handleSubmit((input) => over(saving.mutateAsync({ provider: app.provider, ...input })));
  const problem = saving.error?.fields.length ? null : saving.error;
  const clientId = useWatch({ control: form.control, name: "clientId" });
  const orphans = own && own.connections > 0 && clientId !== undefined && clientId.trim() !== own.clientId;
  const { errors } = formState;
  return (
    <>
      <form
        noValidate
        onSubmit={(event) => {
          if (saving.isPending || formState.isSubmitting) event.preventDefault();
          else void submit(event);
        }}
        className="space-y-4"
      >
        {problem ? (
          <Banner tone="bad" role="alert" title={problem.message}>
            {problem.fix}
          </Banner>
        ) : null}
        <Field id="client-id" label="Client id" error={errors.clientId?.message}>
          {({ id, describedBy, invalid }) => (
            <input
              id={id}
              {...register("clientId")}
              defaultValue={own?.clientId ?? ""}
              autoComplete="off"
              autoCapitalize="off"
              autoCorrect="off"
              spellCheck={false}
              aria-describedby={describedBy}
              aria-invalid={invalid}
              className={controlClass}
            />
          )}
        </Field>
        {orphans ? (
          <Banner tone="warn" role="status" title={`${people(own.connections)} made with the app entered now`}>
            With another client id they cannot be renewed: each will ask to be reconnected. A new secret of the same app
            changes nothing for them.
          </Banner>
        ) : null}
        <Field
          id="client-secret"
          label="Client secret"
          error={errors.clientSecret?.message}
          help="Sealed. Only its last four characters are shown again."
        >
          {(ids) => {
            const input = (
              <SecretInput
                what="client secret"
                id={ids.id}
                {...register("clientSecret")}
                autoFocus={stored}
                aria-describedby={ids.describedBy}
                aria-invalid={ids.invalid}
              />
            );
            return stored ? (
              <StoredSecret
                // back to dots when another one was stored
                key={own?.updatedAt}
                label="client secret"
                ids={ids}
                last4={own?.secret.last4 ?? null}
              >
                {input}
              </StoredSecret>
            ) : (
              input
            );
          }}
        </Field>
        {tenant ? (
          <Field id="tenant" label={tenant.label} help={tenant.help} error={errors.tenant?.message} optional>
            {({ id, describedBy, invalid }) => (
              <input
                id={id}
                {...register("tenant")}
                defaultValue={own?.tenant ?? ""}
                placeholder={tenant.fallback}
                autoComplete="off"
                autoCapitalize="off"
                autoCorrect="off"
                spellCheck={false}
                aria-describedby={describedBy}
                aria-invalid={invalid}
                className={controlClass}
              />
            )}
          </Field>
        ) : null}
        <div>
          <label className="flex min-h-11 items-center gap-3 text-sm font-medium sm:min-h-9">
            <input
              type="checkbox"
              {...register("enabled")}
              defaultChecked={own?.enabled ?? true}
              aria-describedby="enabled-help"
              className="size-5"
            />
            Use it for new connections
          </label>
          <p id="enabled-help" className="text-sm text-muted">
            {app.operator
              ? "Switched off, new connections use the app the operator has set up. Existing connections keep theirs."
              : "Switched off, nobody can connect another account. Existing connections keep working."}
          </p>
        </div>
        <div className="flex flex-wrap items-center gap-2 pt-1">
          <Button tone="primary" type="submit" busy={saving.isPending}>
            Save app
          </Button>
          {own ? (
            <Button tone="danger-quiet" aria-haspopup="dialog" onClick={() => setAsking(true)}>
              Remove app
            </Button>
          ) : null}
        </div>
      </form>
      {asking && own ? (
        <RemoveApp
          app={app}
          connections={own.connections}
          remove={actions.remove}
          onClose={() => setAsking(false)}
          onRemoved={(removed) => {
            setAsking(false);
            form.reset({ clientId: "", clientSecret: "", tenant: "", enabled: true });
            onChanged(removed);
          }}
        />
      ) : null}
    </>
  );
}

function people(connections: number): string {
  return connections === 1 ? "1 connection was" : `${connections} connections were`;
}
