"use client";

import { useRef, useState, type FormEvent } from "react";
import type { FieldProblem } from "#lib/contract/errors.ts";
import { settle, type ActionResult } from "#lib/client/result.ts";
import { passwordStrength } from "#lib/client/password-strength.ts";
import { signIn } from "#lib/client/sign-in.ts";
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
  const form = useRef<HTMLFormElement>(null);
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem>();
  const [fields, setFields] = useState<readonly FieldProblem[]>([]);
  const [password, setPassword] = useState("");
  const errorOf = (name: string) => fields.find((field) => field.path === name)?.message;
  const strength = passwordStrength(password);

  const submit = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    if (busy || !form.current) return;
    const data = new FormData(form.current);
    const text = (name: string) => String(data.get(name) ?? "");
    setBusy(true);
    setProblem(undefined);
    setFields([]);
    const email = text("email").trim();
    const made = await settle(
      actions.setUp({ token, organization: text("organization"), email, password: text("password") }),
    );
    if (!made.ok) {
      setBusy(false);
      setFields(made.fields);
      if (made.fields.length === 0) setProblem({ title: made.error, fix: made.fix });
      const first = ["organization", "email", "password"].find((name) =>
        made.fields.some((field) => field.path === name),
      );
      if (first) form.current.querySelector<HTMLInputElement>(`[name=${first}]`)?.focus();
      return;
    }
    const failure = await signIn(email, text("password"));
    if (failure !== undefined) {
      location.assign("/login");
      return;
    }
    const created = await settle(actions.createFirstKey(null));
    onDone(created.ok ? created.value.key : undefined);
  };

  return (
    <>
      <p className="text-sm text-muted">Step 1 of 2</p>
      <h1 className="text-xl font-semibold tracking-[-0.02em]">Create the owner account</h1>
      <p className="mt-1 mb-6 text-muted">It stays on this machine. You can connect sources right after.</p>
      <form ref={form} onSubmit={submit} noValidate className="space-y-4" method="post">
        {problem ? (
          <Banner tone="bad" role="alert" title={problem.title}>
            {problem.fix}
          </Banner>
        ) : null}
        <Field id="organization" label="Organization" error={errorOf("organization")}>
          {({ id, describedBy, invalid }) => (
            <input
              id={id}
              name="organization"
              autoComplete="organization"
              placeholder="Acme"
              aria-describedby={describedBy}
              aria-invalid={invalid}
              className={controlClass}
            />
          )}
        </Field>
        <Field id="email" label="E-mail" error={errorOf("email")}>
          {({ id, describedBy, invalid }) => (
            <input
              id={id}
              name="email"
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
          error={errorOf("password")}
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
              name="password"
              autoComplete="new-password"
              aria-describedby={describedBy}
              aria-invalid={invalid}
              onInput={(event) => setPassword(event.currentTarget.value)}
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
