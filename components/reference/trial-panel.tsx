"use client";

import { useState, type FormEvent } from "react";
import { tryRequest, trialRequest, type TrialReply, type TrialRequest } from "#lib/client/trial.ts";
import type { Trial } from "#lib/contract/reference-view.ts";
import { Button } from "#components/ui/button.tsx";
import { Dialog } from "#components/ui/dialog.tsx";
import { controlClass, Field } from "#components/ui/field.tsx";
import { SecretInput } from "#components/ui/secret-input.tsx";
import { cx } from "#components/ui/cx.ts";
import { setTrialKey, useTrialKey } from "./trial-key.ts";
import { TrialResult } from "./trial-result.tsx";

interface TrialPanelProps {
  readonly id: string;
  readonly summary: string;
  readonly trial: Trial;
}

type Outcome = { readonly reply: TrialReply } | { readonly problem: string };
type Ready = Extract<TrialRequest, { kind: "request" }>;

/** Sends a request to this server from this browser, with a key that is kept nowhere. */
export function TrialPanel({ id, summary, trial }: TrialPanelProps) {
  const key = useTrialKey();
  const [parameters, setParameters] = useState<Readonly<Record<string, string>>>(() =>
    Object.fromEntries(trial.parameters.map(({ name, example }) => [name, example])),
  );
  const [body, setBody] = useState(trial.body ?? "");
  const [file, setFile] = useState<File | null>(null);
  const [asking, setAsking] = useState<Ready | null>(null);
  const [busy, setBusy] = useState(false);
  const [outcome, setOutcome] = useState<Outcome | null>(null);

  const send = async ({ url, init }: Ready) => {
    setAsking(null);
    setBusy(true);
    try {
      setOutcome({ reply: await tryRequest(url, init) });
    } catch {
      setOutcome({ problem: "There was no reply. Check that the server is running, then try again." });
    }
    setBusy(false);
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const request = trialRequest(trial, { key, parameters, body, file });
    if (request.kind === "problem") setOutcome({ problem: request.message });
    else if (trial.effect) setAsking(request);
    else void send(request);
  };

  return (
    <form
      onSubmit={submit}
      aria-label={`Try it: ${summary}`}
      className="mt-3 space-y-4 rounded-card border border-line bg-surface p-4"
    >
      <Field id={`${id}-key`} label="API key" help="Kept in this page's memory alone, gone when you leave it.">
        {(ids) => (
          <SecretInput
            id={ids.id}
            aria-describedby={ids.describedBy}
            what="API key"
            autoComplete="off"
            value={key}
            onChange={(event) => setTrialKey(event.target.value.trim())}
          />
        )}
      </Field>
      {trial.parameters.map(({ name, required }) => (
        <Field key={name} id={`${id}-${name}`} label={name} optional={!required}>
          {(ids) => (
            <input
              id={ids.id}
              autoComplete="off"
              spellCheck={false}
              value={parameters[name] ?? ""}
              onChange={(event) => setParameters({ ...parameters, [name]: event.target.value })}
              className={cx(controlClass, "font-mono")}
            />
          )}
        </Field>
      ))}
      {trial.file ? (
        <Field id={`${id}-file`} label="file">
          {(ids) => (
            <input
              id={ids.id}
              type="file"
              onChange={(event) => setFile(event.target.files?.[0] ?? null)}
              className={cx(controlClass, "py-2 sm:py-1.5")}
            />
          )}
        </Field>
      ) : null}
      {trial.body === null ? null : (
        <Field id={`${id}-body`} label={trial.file ? "Other fields, as JSON" : "Body, as JSON"}>
          {(ids) => (
            <textarea
              id={ids.id}
              rows={Math.min(16, body.split("\n").length + 1)}
              spellCheck={false}
              autoComplete="off"
              value={body}
              onChange={(event) => setBody(event.target.value)}
              className={cx(controlClass, "py-2 font-mono")}
            />
          )}
        </Field>
      )}
      <Button type="submit" tone="primary" busy={busy}>
        Send
      </Button>
      <TrialResult summary={summary} outcome={outcome} />
      <Dialog
        open={asking !== null}
        onClose={() => setAsking(null)}
        title={`${summary}?`}
        description="This is sent to this server and changes what it has."
      >
        <p className="mb-4 rounded-control bg-sunken px-3 py-2 font-mono text-sm [overflow-wrap:anywhere]">
          {trial.method} {asking?.url}
        </p>
        <div className="flex flex-wrap justify-end gap-2">
          <Button onClick={() => setAsking(null)}>Cancel</Button>
          <Button
            tone={trial.method === "DELETE" ? "danger" : "primary"}
            onClick={() => {
              if (asking) void send(asking);
            }}
          >
            Send
          </Button>
        </div>
      </Dialog>
    </form>
  );
}
