"use client";

import { ChevronRight, PlugZap } from "lucide-react";
import { useRouter } from "next/navigation";
import { lazy, Suspense, useCallback, useEffect, useMemo, useRef, useState, type FormEvent } from "react";
import { get, useForm, type FieldError, type FieldPath } from "react-hook-form";
import type { FieldProblem } from "#lib/contract/errors.ts";
import type { ConnectionView, ProviderView, TestResult } from "#lib/contract/views.ts";
import {
  controlFor,
  controlText,
  readConnectionForm,
  settingName,
  startValues,
  type ConnectionFormValues,
  type ConnectionInputs,
} from "#lib/client/connection-form.ts";
import { announce, notify } from "#lib/client/notices.ts";
import { over, useAction } from "#lib/client/use-action.ts";
import { Banner } from "#components/ui/banner.tsx";
import { Button, ButtonLink } from "#components/ui/button.tsx";
import { Card } from "#components/ui/card.tsx";
import type { ConnectActions } from "./actions.ts";
import { CommonFields } from "./common-fields.tsx";
import { SettingControl } from "./setting-control.tsx";
import { SnippetPane } from "./snippet-pane.tsx";
import { useTagPreview } from "./use-tag-preview.ts";

// until something was tested there is nothing to show; React's own lazy weighs nothing on top
const TestPanel = lazy(async () => ({ default: (await import("./test-panel.tsx")).TestPanel }));

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
export function ConnectionForm({ provider: whole, origin, actions, connection }: ConnectionFormProps) {
  const router = useRouter();
  // what is chosen with a picker has no control here, and must not be taken for emptied
  const provider = useMemo(
    () => ({ ...whole, fields: whole.fields.filter((field) => field.kind !== "resources") }),
    [whole],
  );
  // who is connected is known only after the way through the provider
  const leaves = provider.auth === "oauth" && !connection;
  const element = useRef<HTMLFormElement>(null);
  const start = useMemo(() => startValues(provider, connection), [provider, connection]);
  // no start values here: the controls have them, and what was typed into those before the script arrived counts
  const form = useForm<ConnectionInputs>({ mode: "onChange", shouldUnregister: true });
  const { register, getValues, setValue, setError, clearErrors, subscribe, handleSubmit } = form;
  const { errors, isSubmitting } = form.formState;
  const [values, setValues] = useState<ConnectionFormValues>(start);
  const [problem, setProblem] = useState<Problem>();
  const [result, setResult] = useState<TestResult>();
  const [focusTurn, setFocusTurn] = useState(0);

  const clearable = useMemo(
    () =>
      connection
        ? Object.keys(connection.settings).filter((name) => provider.fields.some((f) => f.name === name && !f.secret))
        : [],
    [connection, provider],
  );
  const read = useCallback(
    () => readConnectionForm(getValues(), provider, clearable),
    [getValues, provider, clearable],
  );

  useEffect(() => {
    setValues(read());
    return subscribe({ formState: { values: true }, callback: () => setValues(read()) });
  }, [read, subscribe]);

  // the first wrong field gets the focus, also out of a folded part
  useEffect(() => {
    if (focusTurn === 0) return;
    const first = element.current?.querySelector<HTMLElement>("[aria-invalid=true]");
    first?.closest("details")?.setAttribute("open", "");
    first?.focus();
  }, [focusTurn]);

  const sampleIds = useMemo(() => (result?.ok ? result.sample.map((item) => item.id) : []), [result]);
  const preview = useTagPreview(provider, values, sampleIds, actions.preview, connection?.id);

  const errorOf = (control: string): string | undefined => (get(errors, control) as FieldError | undefined)?.message;
  const showErrors = (fields: readonly FieldProblem[]) => {
    for (const { path, message } of fields.toReversed()) {
      setError(controlFor(path) as FieldPath<ConnectionInputs>, { type: "server", message: sentence(message) });
    }
    setFocusTurn((turn) => turn + 1);
  };
  const forgetVerdicts = () => {
    setProblem(undefined);
    clearErrors();
  };

  // neither hands its input over: a finished action must not keep the secrets in it
  const testing = useAction(
    () => actions.test({ provider: provider.id, settings: read().settings, connectionId: connection?.id }),
    {
      onStart: () => {
        if (result && !result.ok) setResult(undefined);
        forgetVerdicts();
      },
      onDone: (found) => {
        setResult(found);
        if (found.ok) {
          for (const [name, value] of Object.entries(found.corrected)) correct(name, controlText(value));
        } else if (found.problems.length) {
          showErrors(found.problems);
        } else if (found.field) {
          showErrors([{ path: found.field, message: `${found.message} ${found.fix}` }]);
        }
      },
      onRefused: ({ message, fix }) => {
        setResult(undefined);
        setProblem({ title: message, fix });
      },
    },
  );

  const correct = (name: string, value: string) => {
    const control = settingName(name);
    if (typeof getValues(control) !== "string" || getValues(control) === value) return;
    setValue(control, value);
    const label = provider.fields.find((field) => field.name === name)?.label ?? name;
    announce(`${label} corrected to ${value}`);
    notify({ tone: "info", title: `${label} corrected to “${value}”`, detail: "That is what the provider says." });
  };

  const saving = useAction(
    () => {
      const now = read();
      return actions.save({
        ...now,
        containerTags: [...now.containerTags],
        provider: provider.id,
        connectionId: connection?.id,
      });
    },
    {
      onStart: () => setResult(undefined),
      onDone: ({ id, authLink }) => {
        if (authLink) window.location.assign(authLink);
        else router.push(connection ? `/connections/${id}` : `/connections/${id}?just=connected`);
      },
      onRefused: ({ message, fix, fields }) => {
        const known = fields.filter((field) => element.current?.elements.namedItem(controlFor(field.path)));
        if (known.length) showErrors(known);
        if (known.length < fields.length || fields.length === 0) {
          setProblem({ title: message, fix: fix ?? unknownFields(fields, known) });
        }
      },
    },
  );
  const saves = isSubmitting || saving.isPending || saving.isSuccess;

  // back from the provider by the browser's own button: the page is as it was left, and can be sent once more
  const { reset } = saving;
  useEffect(() => {
    const again = (event: PageTransitionEvent) => event.persisted && reset();
    window.addEventListener("pageshow", again);
    return () => window.removeEventListener("pageshow", again);
  }, [reset]);
  const busy = saves || testing.isPending;
  // the server is the judge of the settings, so that the form and the API say the same
  const save = handleSubmit(() => over(saving.mutateAsync()));

  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    if (busy) return;
    forgetVerdicts();
    void save(event);
  };

  const main = provider.fields.filter((field) => field.group === "main");
  const advanced = provider.fields.filter((field) => field.group === "advanced");
  const control = (field: ProviderView["fields"][number]) => (
    <SettingControl
      key={field.name}
      field={field}
      start={start.settings[field.name]}
      register={register}
      error={errorOf(settingName(field.name))}
      stored={connection?.secrets.find((secret) => secret.name === field.name)}
    />
  );
  const advancedErrors = advanced.filter((field) => errorOf(settingName(field.name))).length;

  return (
    <div className="grid items-start gap-6 xl:grid-cols-[minmax(0,1fr)_minmax(0,26rem)]">
      <form ref={element} onSubmit={submit} noValidate method="post" className="min-w-0 space-y-6">
        {problem ? (
          <Banner tone="bad" role="alert" title={problem.title}>
            {problem.fix}
          </Banner>
        ) : null}
        {leaves && provider.fields.length === 0 ? null : (
          <Card className="p-5 sm:p-6">
            {provider.fields.length ? (
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
            ) : null}
            {leaves ? null : (
              <div className={provider.fields.length ? "mt-6 space-y-4 border-t border-line pt-5" : "space-y-4"}>
                <div className="flex flex-wrap items-center gap-x-4 gap-y-2">
                  <Button
                    onClick={() => busy || testing.mutate()}
                    busy={testing.isPending}
                    icon={<PlugZap aria-hidden className="size-4" />}
                  >
                    Test connection
                  </Button>
                  <p className="text-sm text-muted">
                    {testing.isPending
                      ? "Asking the provider…"
                      : "Reads a little, stores nothing, takes at most 10 seconds."}
                  </p>
                </div>
                {result ? (
                  <Suspense>
                    <TestPanel
                      result={result}
                      preview={preview}
                      ownTags={values.containerTags}
                      showTags={provider.previewsTags}
                    />
                  </Suspense>
                ) : null}
              </div>
            )}
          </Card>
        )}
        <Card className="p-5 sm:p-6">
          <CommonFields
            provider={provider}
            start={start}
            register={register}
            errorOf={errorOf}
            namePlaceholder={connection?.account?.label}
          />
        </Card>
        <div className="flex flex-wrap items-center gap-2">
          <Button tone="primary" type="submit" busy={saves}>
            {connection ? "Save changes" : leaves ? `Continue to ${provider.name}` : "Connect and sync"}
          </Button>
          <ButtonLink tone="quiet" href={connection ? `/connections/${connection.id}` : "/connections/new"}>
            {connection ? "Cancel" : "Back"}
          </ButtonLink>
        </div>
      </form>
      {/* the code makes a connection; while one is edited it would make a second */}
      {connection ? null : (
        <div className="min-w-0 xl:sticky xl:top-8">
          <SnippetPane origin={origin} provider={provider} values={values} />
        </div>
      )}
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
