"use client";

import { useEffect } from "react";
import { useWatch } from "react-hook-form";
import type { ActionResult } from "#lib/client/result.ts";
import { over, useAction } from "#lib/client/use-action.ts";
import { showProblems } from "#lib/client/show-problems.ts";
import { useZodForm } from "#lib/client/use-zod-form.ts";
import { keyForm } from "#lib/contract/key-form.ts";
import type { KeyView } from "#lib/contract/views.ts";
import { Banner } from "#components/ui/banner.tsx";
import { Button } from "#components/ui/button.tsx";
import { Choice } from "#components/ui/choice.tsx";
import { cx } from "#components/ui/cx.ts";
import { controlClass, Field } from "#components/ui/field.tsx";
import type { KeyInputs } from "./actions.ts";
import { lifetimeOptions, rateLine, scopeWords, windowOptions } from "./key-words.ts";

interface KeyFormProps<Made> {
  /** the key that is changed; absent = a new one */
  readonly of?: KeyView;
  readonly save: (input: KeyInputs) => Promise<ActionResult<Made>>;
  readonly label: string;
  readonly onBusy: (busy: boolean) => void;
  readonly onDone: (made: Made) => void;
  readonly onCancel: () => void;
}

const names = ["name", "scopes", "containerTag", "rateMax", "rateWindowMs", "expiresInDays"] as const;

/** What a key is called, may do, reaches, and for how long. What it reaches and until when is settled when it is made. */
export function KeyForm<Made>({ of, save, label, onBusy, onDone, onCancel }: KeyFormProps<Made>) {
  const form = useZodForm(keyForm, startOf(of));
  const { register, formState, setValue, control } = form;
  const { errors } = formState;
  const [container, scopes] = useWatch({ control, name: ["containerTag", "scopes"] });
  const contained = (container ?? "").trim() !== "";
  useEffect(() => {
    if (contained && scopes?.includes("connections"))
      setValue(
        "scopes",
        scopes.filter((scope) => scope !== "connections"),
      );
  }, [contained, scopes, setValue]);

  const saving = useAction(save, {
    onStart: () => onBusy(true),
    onDone: (made) => {
      onBusy(false);
      onDone(made);
    },
    onRefused: ({ fields }) => {
      onBusy(false);
      showProblems(form, names, fields);
    },
  });
  const submit = form.handleSubmit(() => over(saving.mutateAsync(form.getValues())));
  const problem = saving.error?.fields.some(({ path }) => names.some((name) => name === path)) ? null : saving.error;
  const odd = of?.rate && !windowOptions.some(({ value }) => value === String(of.rate?.windowMs)) ? of.rate : undefined;

  return (
    <form
      onSubmit={(event) => {
        if (saving.isPending || formState.isSubmitting) event.preventDefault();
        else void submit(event);
      }}
      noValidate
      className="space-y-5"
    >
      {problem ? (
        <Banner tone="bad" role="alert" title={problem.message}>
          {problem.fix}
        </Banner>
      ) : null}
      <Field
        id="key-name"
        label="Name"
        error={errors.name?.message}
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
            // its label stays in sight when it is focused in a dialog that scrolls
            className={cx(controlClass, "scroll-mt-14")}
          />
        )}
      </Field>
      <fieldset aria-describedby={errors.scopes ? "key-scopes-error" : undefined}>
        <legend className="mb-1.5 text-sm font-medium">What it may do</legend>
        <div className="space-y-2">
          {scopeWords.map(({ scope, title, text }) => {
            const out = scope === "connections" && contained;
            return (
              <Choice
                key={scope}
                type="checkbox"
                {...register("scopes")}
                value={scope}
                title={title}
                text={out ? "Not for a single container: connections belong to the whole organization." : text}
                disabled={out}
                aria-invalid={errors.scopes ? true : undefined}
              />
            );
          })}
        </div>
        {errors.scopes ? (
          <p id="key-scopes-error" className="mt-1.5 text-sm text-bad">
            {errors.scopes.message}
          </p>
        ) : null}
      </fieldset>
      {of ? (
        <input type="hidden" {...register("containerTag")} />
      ) : (
        <Field
          id="key-container"
          label="Only one container"
          optional
          error={errors.containerTag?.message}
          help="Its container tag, e.g. user_42: documents with it are all that the key sees and makes."
        >
          {({ id, describedBy, invalid }) => (
            <input
              id={id}
              {...register("containerTag")}
              autoComplete="off"
              autoCapitalize="off"
              spellCheck={false}
              maxLength={100}
              aria-describedby={describedBy}
              aria-invalid={invalid}
              className={controlClass}
            />
          )}
        </Field>
      )}
      <Field
        id="key-rate"
        label="Limit"
        optional
        error={errors.rateMax?.message ?? errors.rateWindowMs?.message}
        help="Requests it may make in that time. Left empty, it may make as many as any key."
      >
        {({ id, describedBy, invalid }) => (
          <div className="flex gap-2">
            <input
              id={id}
              {...register("rateMax")}
              inputMode="numeric"
              autoComplete="off"
              aria-describedby={describedBy}
              aria-invalid={invalid}
              className={controlClass}
            />
            <select aria-label="Limit per" {...register("rateWindowMs")} className={controlClass}>
              {odd ? <option value={odd.windowMs}>{rateLine(odd).replace(/^[\d,]+ requests? /, "")}</option> : null}
              {windowOptions.map(({ value, label: words }) => (
                <option key={value} value={value}>
                  {words}
                </option>
              ))}
            </select>
          </div>
        )}
      </Field>
      {of ? (
        <input type="hidden" {...register("expiresInDays")} />
      ) : (
        <Field id="key-days" label="Valid for" error={errors.expiresInDays?.message}>
          {({ id, describedBy, invalid }) => (
            <select
              id={id}
              {...register("expiresInDays")}
              aria-describedby={describedBy}
              aria-invalid={invalid}
              className={controlClass}
            >
              {lifetimeOptions.map(({ value, label: words }) => (
                <option key={value} value={value}>
                  {words}
                </option>
              ))}
            </select>
          )}
        </Field>
      )}
      <div className="flex justify-end gap-2 pt-1">
        <Button onClick={onCancel}>Cancel</Button>
        <Button tone="primary" type="submit" busy={saving.isPending}>
          {label}
        </Button>
      </div>
    </form>
  );
}

function startOf(key: KeyView | undefined): KeyInputs {
  return {
    name: key?.name ?? "",
    scopes: key ? [...key.scopes] : scopeWords.map(({ scope }) => scope),
    containerTag: key?.containerTag ?? "",
    rateMax: key?.rate ? String(key.rate.max) : "",
    rateWindowMs: String(key?.rate?.windowMs ?? 60_000),
    expiresInDays: "",
  };
}
