"use client";

import type { ActionResult } from "#lib/client/result.ts";
import { over, useAction } from "#lib/client/use-action.ts";
import { showProblems } from "#lib/client/show-problems.ts";
import { useZodForm } from "#lib/client/use-zod-form.ts";
import { keyForm, keyLifetimes } from "#lib/contract/console-forms.ts";
import { Banner } from "#components/ui/banner.tsx";
import { Button } from "#components/ui/button.tsx";
import { controlClass, Field } from "#components/ui/field.tsx";

/** Makes a key; the answer holds it, this one time. */
export type CreateKeyAction = (input: {
  name: string;
  expiresInDays?: (typeof keyLifetimes)[number] | undefined;
}) => Promise<ActionResult<{ readonly key: string }>>;

interface KeyFormProps {
  readonly create: CreateKeyAction;
  readonly onBusy: (busy: boolean) => void;
  readonly onMade: (key: string) => void;
  readonly onCancel: () => void;
}

/** Name and lifetime of a new key. */
export function KeyForm({ create, onBusy, onMade, onCancel }: KeyFormProps) {
  const form = useZodForm(keyForm);
  const { register, formState } = form;
  const creating = useAction(create, {
    onStart: () => onBusy(true),
    onDone: ({ key }) => {
      onBusy(false);
      onMade(key);
    },
    onRefused: ({ fields }) => {
      onBusy(false);
      showProblems(form, ["name"], fields);
    },
  });
  const submit = form.handleSubmit((input) => over(creating.mutateAsync(input)));
  const problem = creating.error?.fields.some(({ path }) => path === "name") ? null : creating.error;
  return (
    <form
      onSubmit={(event) => {
        if (creating.isPending || formState.isSubmitting) event.preventDefault();
        else void submit(event);
      }}
      noValidate
      className="space-y-4"
    >
      {problem ? (
        <Banner tone="bad" role="alert" title={problem.message}>
          {problem.fix}
        </Banner>
      ) : null}
      <Field
        id="key-name"
        label="Name"
        error={formState.errors.name?.message}
        help="Where it is used, e.g. “Support bot, production”."
      >
        {({ id, describedBy, invalid }) => (
          <input
            id={id}
            {...register("name")}
            autoComplete="off"
            maxLength={100}
            aria-describedby={describedBy}
            aria-invalid={invalid}
            className={controlClass}
          />
        )}
      </Field>
      <Field id="key-days" label="Valid for">
        {({ id }) => (
          <select
            id={id}
            {...register("expiresInDays", { setValueAs: (days: string) => (days ? Number(days) : undefined) })}
            defaultValue=""
            className={controlClass}
          >
            <option value="">Until it is revoked</option>
            {keyLifetimes.map((days) => (
              <option key={days} value={days}>
                {days === 365 ? "One year" : `${days} days`}
              </option>
            ))}
          </select>
        )}
      </Field>
      <div className="flex justify-end gap-2 pt-2">
        <Button onClick={onCancel}>Cancel</Button>
        <Button tone="primary" type="submit" busy={creating.isPending}>
          Create key
        </Button>
      </div>
    </form>
  );
}
