"use client";

import { useRef, useState, type FormEvent } from "react";
import { signIn } from "#lib/client/sign-in.ts";
import { Banner } from "#components/ui/banner.tsx";
import { Button } from "#components/ui/button.tsx";
import { controlClass, Field } from "#components/ui/field.tsx";
import { SecretInput } from "#components/ui/secret-input.tsx";

export function LoginForm({ next }: { readonly next: string }) {
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<string>();
  const [missing, setMissing] = useState<{ email?: string; password?: string }>({});
  const form = useRef<HTMLFormElement>(null);

  const submit = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    if (busy || !form.current) return;
    const data = new FormData(form.current);
    const email = String(data.get("email") ?? "").trim();
    const password = String(data.get("password") ?? "");
    const gaps = {
      ...(email ? {} : { email: "Enter your e-mail address." }),
      ...(password ? {} : { password: "Enter your password." }),
    };
    setMissing(gaps);
    setProblem(undefined);
    if (gaps.email || gaps.password) {
      form.current.querySelector<HTMLInputElement>(gaps.email ? "[name=email]" : "[name=password]")?.focus();
      return;
    }
    setBusy(true);
    const failure = await signIn(email, password);
    if (failure === undefined) {
      // a whole new page: nothing of a former session may linger in this one
      location.assign(next);
      return;
    }
    setBusy(false);
    setProblem(failure);
    form.current.querySelector<HTMLInputElement>("[name=password]")?.focus();
  };

  return (
    <form ref={form} onSubmit={submit} noValidate className="space-y-4" method="post">
      {problem ? (
        <Banner tone="bad" role="alert" title="Not signed in">
          {problem}
        </Banner>
      ) : null}
      <Field id="email" label="E-mail" error={missing.email}>
        {({ id, describedBy, invalid }) => (
          <input
            id={id}
            name="email"
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
      <Field id="password" label="Password" error={missing.password}>
        {({ id, describedBy, invalid }) => (
          <SecretInput
            what="password"
            id={id}
            name="password"
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
