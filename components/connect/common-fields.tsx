import type { ProviderView } from "#lib/contract/views.ts";
import type { UseFormRegister } from "react-hook-form";
import type { ConnectionFormValues, ConnectionInputs } from "#lib/client/connection-form.ts";
import { every } from "#lib/client/format.ts";
import { controlClass, Field } from "#components/ui/field.tsx";

interface CommonFieldsProps {
  readonly provider: ProviderView;
  readonly start: ConnectionFormValues;
  readonly register: UseFormRegister<ConnectionInputs>;
  readonly errorOf: (control: keyof ConnectionInputs) => string | undefined;
  readonly namePlaceholder: string | undefined;
}

const intervals = [900, 3_600, 14_400, 43_200, 86_400, 604_800];

/** What every connection has: tags, limit, schedule, name. */
export function CommonFields({ provider, start, register, errorOf, namePlaceholder }: CommonFieldsProps) {
  const chosen = start.intervalSeconds;
  const choices =
    chosen !== null && !intervals.includes(chosen) ? [...intervals, chosen].sort((a, b) => a - b) : intervals;
  return (
    <fieldset>
      <legend className="mb-4 text-base font-semibold">Tags, limit and schedule</legend>
      <div className="space-y-5">
        <Field
          id="containerTags"
          label="Container tags"
          optional
          error={errorOf("containerTags")}
          help="Whose documents these are. Separate several with commas or spaces, e.g. org:acme, team-docs."
        >
          {({ id, describedBy, invalid }) => (
            <input
              id={id}
              {...register("containerTags")}
              defaultValue={start.containerTags.join(", ")}
              autoComplete="off"
              autoCapitalize="off"
              spellCheck={false}
              aria-describedby={describedBy}
              aria-invalid={invalid}
              className={controlClass}
            />
          )}
        </Field>
        <div className="grid gap-5 sm:grid-cols-2">
          <Field
            id="documentLimit"
            label="Document limit"
            optional
            error={errorOf("documentLimit")}
            help="New documents one sync may add, 1 to 10000. The rest follows in later syncs."
          >
            {({ id, describedBy, invalid }) => (
              <input
                id={id}
                {...register("documentLimit")}
                inputMode="numeric"
                autoComplete="off"
                defaultValue={start.documentLimit}
                placeholder="10000"
                aria-describedby={describedBy}
                aria-invalid={invalid}
                className={controlClass}
              />
            )}
          </Field>
          <Field
            id="intervalSeconds"
            label="Sync"
            error={errorOf("intervalSeconds")}
            help="You can always sync by hand as well."
          >
            {({ id, describedBy, invalid }) => (
              <select
                id={id}
                {...register("intervalSeconds")}
                defaultValue={chosen ?? ""}
                aria-describedby={describedBy}
                aria-invalid={invalid}
                className={controlClass}
              >
                <option value="">By default: {every(provider.defaultIntervalSeconds)}</option>
                {choices.map((seconds) => (
                  <option key={seconds} value={seconds}>
                    {every(seconds).replace(/^e/, "E")}
                  </option>
                ))}
              </select>
            )}
          </Field>
        </div>
        <Field id="name" label="Name" optional error={errorOf("name")} help="How you call it here; only for people.">
          {({ id, describedBy, invalid }) => (
            <input
              id={id}
              {...register("name")}
              autoComplete="off"
              maxLength={200}
              defaultValue={start.name}
              placeholder={namePlaceholder}
              aria-describedby={describedBy}
              aria-invalid={invalid}
              className={controlClass}
            />
          )}
        </Field>
      </div>
    </fieldset>
  );
}
