"use client";

import type { UseFormRegister } from "react-hook-form";
import type { ProviderView, SecretView } from "#lib/contract/views.ts";
import { controlText, settingName, type ConnectionInputs } from "#lib/client/connection-form.ts";
import { controlClass, Field, type FieldIds } from "#components/ui/field.tsx";
import { cx } from "#components/ui/cx.ts";
import { SecretInput } from "#components/ui/secret-input.tsx";
import { StoredSecret } from "#components/ui/stored-secret.tsx";

type SettingField = ProviderView["fields"][number];

interface SettingControlProps {
  readonly field: SettingField;
  readonly start: Parameters<typeof controlText>[0];
  readonly register: UseFormRegister<ConnectionInputs>;
  readonly error: string | undefined;
  /** when editing: a secret that is stored and never comes back */
  readonly stored: SecretView | undefined;
}

/** One setting of a provider, drawn from its description alone. */
export function SettingControl({ field, start, register, error, stored }: SettingControlProps) {
  const name = settingName(field.name);
  if (field.kind === "switch") {
    return (
      <div>
        <label className="flex min-h-11 items-center gap-3 text-sm font-medium sm:min-h-9">
          <input
            type="checkbox"
            {...register(name)}
            defaultChecked={start === true}
            aria-describedby={field.help ? `${name}-help` : undefined}
            className="size-5"
          />
          {field.label}
        </label>
        {field.help ? (
          <p id={`${name}-help`} className="text-sm text-muted">
            {field.help}
          </p>
        ) : null}
      </div>
    );
  }
  return (
    <Field
      id={name}
      label={field.label}
      help={field.help}
      error={error}
      optional={!field.required && field.kind !== "select"}
    >
      {(ids) =>
        field.secret && stored?.set ? (
          <StoredSecret label={field.label} ids={ids} last4={stored.last4}>
            <Control field={field} ids={ids} register={register} start={undefined} autoFocus />
          </StoredSecret>
        ) : (
          <Control field={field} ids={ids} register={register} start={start} />
        )
      }
    </Field>
  );
}

interface ControlProps {
  readonly field: SettingField;
  readonly ids: FieldIds;
  readonly register: UseFormRegister<ConnectionInputs>;
  readonly start: SettingControlProps["start"];
  readonly autoFocus?: boolean;
}

function Control({ field, ids, register, start, autoFocus }: ControlProps) {
  const common = {
    id: ids.id,
    ...register(settingName(field.name)),
    "aria-describedby": ids.describedBy,
    "aria-invalid": ids.invalid,
    "aria-required": field.required || undefined,
    placeholder: field.placeholder ?? undefined,
    autoFocus,
  };
  if (field.secret || field.kind === "secret") return <SecretInput what={field.label} {...common} />;
  if (field.kind === "select") {
    return (
      <select {...common} defaultValue={controlText(start ?? field.default)} className={cx(controlClass, "bg-surface")}>
        {field.options.map((option) => (
          <option key={option.value} value={option.value}>
            {option.label}
          </option>
        ))}
      </select>
    );
  }
  if (field.kind === "list") {
    return (
      <textarea
        {...common}
        rows={3}
        spellCheck={false}
        defaultValue={controlText(start)}
        className={cx(controlClass, "py-2 font-mono sm:text-[0.8125rem]")}
      />
    );
  }
  return (
    <input
      {...common}
      type="text"
      inputMode={field.kind === "url" ? "url" : field.kind === "number" ? "numeric" : undefined}
      autoComplete="off"
      autoCapitalize="off"
      autoCorrect="off"
      spellCheck={false}
      defaultValue={controlText(start)}
      placeholder={field.placeholder ?? (field.kind === "number" ? controlText(field.default) || undefined : undefined)}
      className={controlClass}
    />
  );
}
