"use client";

import { ChevronRight, PlugZap } from "lucide-react";
import { useRouter } from "next/navigation";
import { useEffect, useMemo, useRef, useState, type FormEvent } from "react";
import type { FieldProblem } from "#lib/contract/errors.ts";
import type { ConnectionView, ProviderView, TestResult } from "#lib/contract/views.ts";
import {
  controlFor,
  controlText,
  readConnectionForm,
  settingName,
  startValues,
  type ConnectionFormValues,
} from "#lib/client/connection-form.ts";
import { announce, notify } from "#lib/client/notices.ts";
import { settle } from "#lib/client/result.ts";
import { Banner } from "#components/ui/banner.tsx";
import { Button, ButtonLink } from "#components/ui/button.tsx";
import { Card } from "#components/ui/card.tsx";
import type { ConnectActions } from "./actions.ts";
import { CommonFields } from "./common-fields.tsx";
import { SettingControl } from "./setting-control.tsx";
import { SnippetPane } from "./snippet-pane.tsx";
import { TestPanel } from "./test-panel.tsx";
import { useTagPreview } from "./use-tag-preview.ts";

interface ConnectionFormProps {
  readonly provider: ProviderView;
  /** the address people and programs use */
  readonly origin: string;
  readonly actions: ConnectActions;
  /** when editing */
  readonly connection?: ConnectionView;
}

interface Problem {
  readonly title: string;
  readonly fix: string | undefined;
}

/** The form of a provider, made from its description: the same for connecting and for editing. */
export function ConnectionForm({ provider, origin, actions, connection }: ConnectionFormProps) {
  const router = useRouter();
  const form = useRef<HTMLFormElement>(null);
  const start = useMemo(() => startValues(provider, connection), [provider, connection]);
  const [values, setValues] = useState<ConnectionFormValues>(start);
  const [errors, setErrors] = useState<ReadonlyMap<string, string>>(new Map());
  const [problem, setProblem] = useState<Problem>();
  const [result, setResult] = useState<TestResult>();
  const [busy, setBusy] = useState<"test" | "save">();
  const [focusTurn, setFocusTurn] = useState(0);

  const clearable = useMemo(
    () =>
      connection
        ? Object.keys(connection.settings).filter((name) => !provider.fields.some((f) => f.name === name && f.secret))
        : [],
    [connection, provider],
  );
  const read = (): ConnectionFormValues =>
    form.current ? readConnectionForm(form.current, provider, clearable) : values;

  // what was typed before the script arrived counts too
  useEffect(() => {
    if (form.current) setValues(readConnectionForm(form.current, provider, clearable));
  }, [provider, clearable]);

  // the first wrong field gets the focus, also out of a folded part
  useEffect(() => {
    if (focusTurn === 0) return;
    const first = form.current?.querySelector<HTMLElement>("[aria-invalid=true]");
    first?.closest("details")?.setAttribute("open", "");
    first?.focus();
  }, [focusTurn]);

  const sampleIds = useMemo(() => (result?.ok ? result.sample.map((item) => item.id) : []), [result]);
  const preview = useTagPreview(provider, values, sampleIds, actions.preview, connection?.id);

  const showErrors = (fields: readonly FieldProblem[]) => {
    setErrors(new Map(fields.toReversed().map((field) => [controlFor(field.path), sentence(field.message)])));
    setFocusTurn((turn) => turn + 1);
  };

  const changed = (event: FormEvent<HTMLFormElement>) => {
    setValues(read());
    const name = event.target instanceof Element ? event.target.getAttribute("name") : null;
    if (name && errors.has(name)) {
      const rest = new Map(errors);
      rest.delete(name);
      setErrors(rest);
    }
  };

  const test = async () => {
    if (busy) return;
    setBusy("test");
    if (result && !result.ok) setResult(undefined);
    setProblem(undefined);
    setErrors(new Map());
    const settings = read().settings;
    const reply = await settle(actions.test({ provider: provider.id, settings, connectionId: connection?.id }));
    setBusy(undefined);
    if (!reply.ok) {
      setResult(undefined);
      setProblem({ title: reply.error, fix: reply.fix });
      return;
    }
    setResult(reply.value);
    if (reply.value.ok) {
      for (const [name, value] of Object.entries(reply.value.corrected)) correct(name, controlText(value));
      setValues(read());
    } else {
      const { field, fix, message, problems } = reply.value;
      if (problems.length) showErrors(problems);
      else if (field) showErrors([{ path: field, message: `${message} ${fix}` }]);
    }
  };

  const correct = (name: string, value: string) => {
    const control = form.current?.elements.namedItem(settingName(name));
    if (!(control instanceof HTMLInputElement) || control.value === value) return;
    control.value = value;
    const label = provider.fields.find((field) => field.name === name)?.label ?? name;
    announce(`${label} corrected to ${value}`);
    notify({ tone: "info", title: `${label} corrected to “${value}”`, detail: "That is what the provider says." });
  };

  const save = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    if (busy) return;
    setBusy("save");
    setResult(undefined);
    setProblem(undefined);
    setErrors(new Map());
    const now = read();
    const reply = await settle(
      actions.save({
        ...now,
        containerTags: [...now.containerTags],
        provider: provider.id,
        connectionId: connection?.id,
      }),
    );
    if (reply.ok) {
      router.push(connection ? `/connections/${reply.value.id}` : `/connections/${reply.value.id}?just=connected`);
      return;
    }
    setBusy(undefined);
    const known = reply.fields.filter((field) => form.current?.elements.namedItem(controlFor(field.path)));
    if (known.length) showErrors(known);
    if (known.length < reply.fields.length || reply.fields.length === 0) {
      setProblem({ title: reply.error, fix: reply.fix ?? unknownFields(reply.fields, known) });
    }
  };

  const main = provider.fields.filter((field) => field.group === "main");
  const advanced = provider.fields.filter((field) => field.group === "advanced");
  const control = (field: ProviderView["fields"][number]) => (
    <SettingControl
      key={field.name}
      field={field}
      start={start.settings[field.name]}
      error={errors.get(settingName(field.name))}
      stored={connection?.secrets.find((secret) => secret.name === field.name)}
    />
  );
  const advancedErrors = advanced.filter((field) => errors.has(settingName(field.name))).length;

  return (
    <div className="grid items-start gap-6 xl:grid-cols-[minmax(0,1fr)_minmax(0,26rem)]">
      <form
        ref={form}
        onSubmit={save}
        onInput={changed}
        onChange={changed}
        noValidate
        method="post"
        className="min-w-0 space-y-6"
      >
        {problem ? (
          <Banner tone="bad" role="alert" title={problem.title}>
            {problem.fix}
          </Banner>
        ) : null}
        <Card className="p-5 sm:p-6">
          <fieldset>
            <legend className="mb-4 text-base font-semibold">Source</legend>
            <div className="space-y-5">{main.map(control)}</div>
            {advanced.length ? (
              <details className="group mt-5 border-t border-line pt-3">
                <summary className="flex min-h-11 items-center gap-2 rounded-control text-sm font-medium sm:min-h-9">
                  <ChevronRight aria-hidden className="size-4 transition-transform group-open:rotate-90" />
                  More settings
                  {advancedErrors ? <span className="text-bad">({advancedErrors} to correct)</span> : null}
                </summary>
                <div className="mt-3 space-y-5">{advanced.map(control)}</div>
              </details>
            ) : null}
          </fieldset>
          <div className="mt-6 space-y-4 border-t border-line pt-5">
            <div className="flex flex-wrap items-center gap-x-4 gap-y-2">
              <Button onClick={test} busy={busy === "test"} icon={<PlugZap aria-hidden className="size-4" />}>
                Test connection
              </Button>
              <p className="text-sm text-muted">
                {busy === "test" ? "Asking the provider…" : "Reads a little, stores nothing, takes at most 10 seconds."}
              </p>
            </div>
            {result ? (
              <TestPanel
                result={result}
                preview={preview}
                ownTags={values.containerTags}
                showTags={provider.previewsTags}
                noun={provider.noun}
              />
            ) : null}
          </div>
        </Card>
        <Card className="p-5 sm:p-6">
          <CommonFields
            provider={provider}
            start={start}
            errors={errors}
            namePlaceholder={connection?.account?.label}
          />
        </Card>
        <div className="flex flex-wrap items-center gap-2">
          <Button tone="primary" type="submit" busy={busy === "save"}>
            {connection ? "Save changes" : "Connect and sync"}
          </Button>
          <ButtonLink tone="quiet" href={connection ? `/connections/${connection.id}` : "/connections/new"}>
            {connection ? "Cancel" : "Back"}
          </ButtonLink>
        </div>
      </form>
      <div className="min-w-0 xl:sticky xl:top-8">
        <SnippetPane origin={origin} provider={provider} values={values} />
      </div>
    </div>
  );
}

/** Messages of the contract begin small ("must be …"); beside a field they stand as a sentence. */
function sentence(message: string): string {
  const text = message.charAt(0).toUpperCase() + message.slice(1);
  return /[.!?…]$/.test(text) ? text : `${text}.`;
}

function unknownFields(all: readonly FieldProblem[], known: readonly FieldProblem[]): string | undefined {
  const rest = all.filter((field) => !known.includes(field));
  return rest.length ? rest.map((field) => `${field.path}: ${field.message}`).join("; ") : undefined;
}
