"use client";

import { Monitor, Moon, Sun } from "lucide-react";
import { useState } from "react";
import { applyTheme, themes, type Theme } from "#lib/client/theme.ts";
import { cx } from "#components/ui/cx.ts";

const looks = {
  system: { label: "System", icon: Monitor },
  light: { label: "Light", icon: Sun },
  dark: { label: "Dark", icon: Moon },
} as const;

/** System, light or dark; real radio buttons, so arrows and screen readers know them. */
export function ThemeSwitch({ theme, words = false }: { readonly theme: Theme; readonly words?: boolean }) {
  const [chosen, setChosen] = useState(theme);
  return (
    <fieldset className="inline-flex rounded-control bg-sunken p-0.5">
      <legend className="sr-only">Theme</legend>
      {themes.map((value) => {
        const { label, icon: Icon } = looks[value];
        return (
          <label
            key={value}
            title={label}
            className={cx(
              "relative inline-flex cursor-pointer items-center justify-center gap-2 rounded-md text-sm has-focus-visible:outline-2 has-focus-visible:outline-accent",
              words ? "min-h-11 px-4 sm:min-h-9" : "size-8",
              chosen === value ? "bg-surface text-ink shadow-[0_1px_3px_var(--shadow)]" : "text-muted hover:text-ink",
            )}
          >
            <input
              type="radio"
              name={words ? "theme-setting" : "theme"}
              value={value}
              checked={chosen === value}
              onChange={() => {
                setChosen(value);
                applyTheme(value);
              }}
              className="absolute inset-0 cursor-pointer appearance-none focus-visible:outline-none"
            />
            <Icon aria-hidden className="size-4" />
            <span className={words ? undefined : "sr-only"}>{label}</span>
          </label>
        );
      })}
    </fieldset>
  );
}
