"use client";

import { useState } from "react";
import { useWatch } from "react-hook-form";
import { ownerForm } from "#lib/contract/console-forms.ts";
import { settle, type ActionResult } from "#lib/client/result.ts";
import { passwordStrength } from "#lib/client/password-strength.ts";
import { signIn } from "#lib/client/sign-in.ts";
import { showProblems } from "#lib/client/show-problems.ts";
import { useZodForm } from "#lib/client/use-zod-form.ts";
import { KeyReveal } from "#components/keys/key-reveal.tsx";
import { Banner } from "#components/ui/banner.tsx";
import { Button } from "#components/ui/button.tsx";
import { cx } from "#components/ui/cx.ts";
import { controlClass, Field } from "#components/ui/field.tsx";
import { SecretInput } from "#components/ui/secret-input.tsx";

export interface SetupActions {
  readonly setUp: (input: {
    token: string;
    organization: string;
    email: string;
    password: string;
  }) => Promise<ActionResult<null>>;
  readonly createFirstKey: (input: null) => Promise<ActionResult<{ readonly key: string }>>;
}

interface Problem {
  readonly title: string;
  readonly fix?: string | undefined;
}

/** Owner account, sign-in and the first API key, one after the other on one page. */
export function SetupFlow({ token, actions }: { readonly token: string; readonly actions: SetupActions }) {
  const [step, setStep] = useState<"account" | "key">("account");
  const [key, setKey] = useState<string>();
  if (step === "key") return <KeyStep apiKey={key} />;
  return (
    <AccountStep
      token={token}
      actions={actions}
      onDone={(created) => {
        setKey(created);
        setStep("key");
        // the token is used up and the link must not stay in the address bar
        history.replaceState(null, "", "/setup");
      }}
    />
  );
}

interface AccountStepProps {
  readonly token: string;
  readonly actions: SetupActions;
  readonly onDone: (key: string | undefined) => void;
}

function AccountStep({ token, actions, onDone }: AccountStepProps) {
  const form = useZodForm(ownerForm);
  const { register, formState } = form;
  const { errors, isSubmitting: busy } = formState;
  const [problem, setProblem] = useState<Problem>();
  const strength = passwordStrength(useWatch({ control: form.control, name: "password" }) ?? "");

  const submit = form.handleSubmit(async (owner) => {
    setProblem(undefined);
    const made = await settle(actions.setUp({ token, ...owner }));
    if (!made.ok) {
      if (!showProblems(form, ["organization", "email", "password"], made.fields))
        setProblem({ title: made.error, fix: made.fix });
      return;
    }
    const failure = await signIn(owner.email, owner.password);
    if (failure !== undefined) {
      location.assign("/login");
      return;
    }
    const created = await settle(actions.createFirstKey(null));
    onDone(created.ok ? created.value.key : undefined);
  });

  return (
    <>
      <p className="text-sm text-muted">Step 1 of 2</p>
      <h1 className="text-xl font-semibold tracking-[-0.02em]">Create the owner account</h1>
      <p className="mt-1 mb-6 text-muted">It stays on this machine. You can connect sources right after.</p>
      <form
        onSubmit={(event) => {
          if (busy) event.preventDefault();
          else void submit(event);
        }}
        noValidate
        className="space-y-4"
        method="post"
      >
        {problem ? (
          <Banner tone="bad" role="alert" title={problem.title}>
            {problem.fix}
          </Banner>
        ) : null}
        <Field id="organization" label="Organization" error={errors.organization?.message}>
          {({ id, describedBy, invalid }) => (
            <input
              id={id}
              {...register("organization")}
              autoComplete="organization"
              placeholder="Acme"
              aria-describedby={describedBy}
              aria-invalid={invalid}
              className={controlClass}
            />
          )}
        </Field>
        <Field id="email" label="E-mail" error={errors.email?.message}>
          {({ id, describedBy, invalid }) => (
            <input
              id={id}
              {...register("email")}
              type="email"
              inputMode="email"
              autoComplete="username"
              autoCapitalize="off"
              spellCheck={false}
              placeholder="you@example.com"
              aria-describedby={describedBy}
              aria-invalid={invalid}
              className={controlClass}
            />
          )}
        </Field>
        <Field
          id="password"
          label="Password"
          error={errors.password?.message}
          help={
            <>
              <span aria-hidden className="mb-1.5 flex gap-1">
                {[1, 2, 3, 4].map((bar) => (
                  <span
                    key={bar}
                    className={cx(
                      "h-1 flex-1 rounded-full transition-colors",
                      bar > strength.score
                        ? "bg-line"
                        : strength.score < 2
                          ? "bg-bad"
                          : strength.score < 3
                            ? "bg-warn"
                            : "bg-good",
                    )}
                  />
                ))}
              </span>
              <span className="block min-h-10">{strength.words}</span>
            </>
          }
        >
          {({ id, describedBy, invalid }) => (
            <SecretInput
              what="password"
              id={id}
              {...register("password")}
              autoComplete="new-password"
              aria-describedby={describedBy}
              aria-invalid={invalid}
            />
          )}
        </Field>
        <Button tone="primary" type="submit" busy={busy} className="w-full">
          Create account
        </Button>
      </form>
    </>
  );
}

function KeyStep({ apiKey }: { readonly apiKey: string | undefined }) {
  return (
    <>
      <p className="text-sm text-muted">Step 2 of 2</p>
      <h1
        tabIndex={-1}
        ref={(element) => element?.focus()}
        className="text-xl font-semibold tracking-[-0.02em] focus:outline-none"
      >
        {apiKey ? "Your first API key" : "Your account is ready"}
      </h1>
      {apiKey ? (
        <KeyReveal apiKey={apiKey} onStored={() => location.assign("/")} done="I have stored it" />
      ) : (
        <>
          <p className="mt-1 mb-6 text-muted">
            The first API key could not be made just now. You can make one under API keys at any time.
          </p>
          <Button tone="primary" className="w-full" onClick={() => location.assign("/")}>
            Go to the console
          </Button>
        </>
      )}
    </>
  );
}
