"use client";

import { useState } from "react";
import { signIn } from "#lib/client/sign-in.ts";
import { useZodForm } from "#lib/client/use-zod-form.ts";
import { signInForm } from "#lib/contract/console-forms.ts";
import { Banner } from "#components/ui/banner.tsx";
import { Button } from "#components/ui/button.tsx";
import { controlClass, Field } from "#components/ui/field.tsx";
import { SecretInput } from "#components/ui/secret-input.tsx";

export function LoginForm({ next }: { readonly next: string }) {
  const form = useZodForm(signInForm);
  const { register, formState } = form;
  const [problem, setProblem] = useState<string>();
  const [leaving, setLeaving] = useState(false);
  const busy = formState.isSubmitting || leaving;

  const submit = form.handleSubmit(async ({ email, password }) => {
    setProblem(undefined);
    const failure = await signIn(email, password);
    if (failure === undefined) {
      setLeaving(true);
      // a whole new page: nothing of a former session may linger in this one
      location.assign(next);
      return;
    }
    setProblem(failure);
    form.setFocus("password");
  });

  return (
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
        <Banner tone="bad" role="alert" title="Not signed in">
          {problem}
        </Banner>
      ) : null}
      <Field id="email" label="E-mail" error={formState.errors.email?.message}>
        {({ id, describedBy, invalid }) => (
          <input
            id={id}
            {...register("email")}
            type="email"
            autoComplete="username"
            inputMode="email"
            autoCapitalize="off"
            spellCheck={false}
            aria-describedby={describedBy}
            aria-invalid={invalid}
            className={controlClass}
          />
        )}
      </Field>
      <Field id="password" label="Password" error={formState.errors.password?.message}>
        {({ id, describedBy, invalid }) => (
          <SecretInput
            what="password"
            id={id}
            {...register("password")}
            autoComplete="current-password"
            aria-describedby={describedBy}
            aria-invalid={invalid}
          />
        )}
      </Field>
      <Button tone="primary" type="submit" busy={busy} className="w-full">
        Sign in
      </Button>
    </form>
  );
}
