"use client";

import { Plus } from "lucide-react";
import { useRouter } from "next/navigation";
import { useRef, useState, type FormEvent } from "react";
import { settle, type ActionResult } from "#lib/client/result.ts";
import { Banner } from "#components/ui/banner.tsx";
import { Button } from "#components/ui/button.tsx";
import { Dialog } from "#components/ui/dialog.tsx";
import { controlClass, Field } from "#components/ui/field.tsx";
import { KeyReveal } from "./key-reveal.tsx";

interface CreateKeyProps {
  readonly create: (input: {
    name: string;
    expiresInDays?: 30 | 90 | 365 | undefined;
  }) => Promise<ActionResult<{ readonly key: string }>>;
}

const lifetimes = [30, 90, 365] as const;

export function CreateKey({ create }: CreateKeyProps) {
  const router = useRouter();
  const [open, setOpen] = useState(false);
  const [busy, setBusy] = useState(false);
  const [made, setMade] = useState<string>();
  const [problem, setProblem] = useState<{ title: string; fix: string | undefined }>();
  const [nameError, setNameError] = useState<string>();
  const form = useRef<HTMLFormElement>(null);

  const close = () => {
    setOpen(false);
    setMade(undefined);
    setProblem(undefined);
    setNameError(undefined);
    router.refresh();
  };

  const submit = async (event: FormEvent) => {
    event.preventDefault();
    if (busy || !form.current) return;
    const data = new FormData(form.current);
    const days = Number(data.get("days"));
    setBusy(true);
    setProblem(undefined);
    setNameError(undefined);
    const reply = await settle(
      create({ name: String(data.get("name") ?? ""), expiresInDays: lifetimes.find((lifetime) => lifetime === days) }),
    );
    setBusy(false);
    if (reply.ok) {
      setMade(reply.value.key);
      return;
    }
    const field = reply.fields.find(({ path }) => path === "name");
    if (field) {
      setNameError(field.message);
      form.current.querySelector<HTMLInputElement>("[name=name]")?.focus();
    } else {
      setProblem({ title: reply.error, fix: reply.fix });
    }
  };

  return (
    <>
      <Button
        tone="primary"
        aria-haspopup="dialog"
        onClick={() => setOpen(true)}
        icon={<Plus aria-hidden className="size-4" />}
      >
        New key
      </Button>
      <Dialog
        open={open}
        onClose={close}
        dismissible={!made && !busy}
        title={made ? "Your new API key" : "New API key"}
      >
        {made ? (
          <KeyReveal apiKey={made} onStored={close} done="I have stored it" />
        ) : (
          <form ref={form} onSubmit={submit} noValidate className="space-y-4">
            {problem ? (
              <Banner tone="bad" role="alert" title={problem.title}>
                {problem.fix}
              </Banner>
            ) : null}
            <Field
              id="key-name"
              label="Name"
              error={nameError}
              help="Where it is used, e.g. “Support bot, production”."
            >
              {({ id, describedBy, invalid }) => (
                <input
                  id={id}
                  name="name"
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
                <select id={id} name="days" defaultValue="" className={controlClass}>
                  <option value="">Until it is revoked</option>
                  {lifetimes.map((days) => (
                    <option key={days} value={days}>
                      {days === 365 ? "One year" : `${days} days`}
                    </option>
                  ))}
                </select>
              )}
            </Field>
            <div className="flex justify-end gap-2 pt-2">
              <Button onClick={close}>Cancel</Button>
              <Button tone="primary" type="submit" busy={busy}>
                Create key
              </Button>
            </div>
          </form>
        )}
      </Dialog>
    </>
  );
}
