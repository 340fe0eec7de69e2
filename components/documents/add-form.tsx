"use client";

import { useEffect, useRef, useState, type FormEvent } from "react";
import { safeParse } from "zod/mini";
import { documentForm, fileBytesMax } from "#lib/contract/document-form.ts";
import { parseTags } from "#lib/client/connection-form.ts";
import { bytes } from "#lib/client/format.ts";
import { Refusal } from "#lib/client/refusal.ts";
import type { ActionResult } from "#lib/client/result.ts";
import { uploadDocument, uploadMsMax, type AddedDocument } from "#lib/client/upload-document.ts";
import { useAction } from "#lib/client/use-action.ts";
import { Banner } from "#components/ui/banner.tsx";
import { Button } from "#components/ui/button.tsx";
import { controlClass, Field } from "#components/ui/field.tsx";
import { cx } from "#components/ui/cx.ts";

type Kind = "text" | "address" | "file";

export type AddAction = (input: {
  kind: "text" | "address";
  content: string;
  containerTags: string[];
}) => Promise<ActionResult<AddedDocument>>;

interface AddFormProps {
  readonly add: AddAction;
  readonly onBusy: (busy: boolean) => void;
  readonly onAdded: (added: AddedDocument) => void;
  readonly onCancel: () => void;
}

interface Entered {
  readonly kind: Kind;
  readonly content: string;
  readonly file: File | undefined;
  readonly containerTags: string[];
}

const kinds: readonly { readonly kind: Kind; readonly label: string }[] = [
  { kind: "text", label: "Text" },
  { kind: "address", label: "Web address" },
  { kind: "file", label: "File" },
];

type Problems = Readonly<Partial<Record<"content" | "file" | "containerTags", string>>>;

/** What is wrong with it, by field; the server looks again. */
function problemsOf({ kind, content, file, containerTags }: Entered): Problems {
  if (kind === "file") {
    if (!file) return { file: "Choose a file." };
    if (file.size === 0) return { file: "This file is empty." };
    if (file.size > fileBytesMax) return { file: `This file has ${bytes(file.size)}; at most 50 MB can be uploaded.` };
  }
  const parsed = safeParse(documentForm, {
    kind: kind === "file" ? "text" : kind,
    content: content || "x",
    containerTags,
  });
  const empty: Problems = kind !== "file" && content.trim() === "" ? { content: "This is empty." } : {};
  const issues = parsed.success ? [] : parsed.error.issues;
  return issues.reduceRight<Problems>((found, { path, message }) => ({ ...found, [String(path[0])]: message }), empty);
}

export function AddForm({ add, onBusy, onAdded, onCancel }: AddFormProps) {
  const form = useRef<HTMLFormElement>(null);
  const stop = useRef<AbortController>(undefined);
  const [kind, setKind] = useState<Kind>("text");
  const [problems, setProblems] = useState<Problems>({});

  useEffect(() => {
    const first = form.current?.querySelector<HTMLElement>("[name=content]");
    // The dialog may open before this is there, and then it is focused now, or after, and then the dialog looks for it.
    first?.setAttribute("autofocus", "");
    first?.focus();
  }, []);

  const adding = useAction(
    ({ kind: what, content, file, containerTags }: Entered): Promise<ActionResult<AddedDocument>> =>
      what === "file" && file
        ? uploadDocument(file, containerTags, (stop.current = new AbortController()).signal)
        : add({ kind: what === "address" ? "address" : "text", content, containerTags }),
    {
      longestMs: uploadMsMax + 10_000,
      onStart: () => onBusy(true),
      onDone: (added) => {
        onBusy(false);
        onAdded(added);
      },
      onRefused: ({ fields }) => {
        onBusy(false);
        show(Object.fromEntries(fields.map(({ path, message }) => [path.split(".")[0], message])));
      },
    },
  );

  const show = (found: Problems) => {
    setProblems(found);
    const [first] = Object.keys(found);
    if (first) form.current?.querySelector<HTMLElement>(`[name="${first}"]`)?.focus();
  };

  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    if (adding.isPending) return;
    const data = new FormData(event.currentTarget);
    const file = data.get("file");
    const entered: Entered = {
      kind,
      content: String(data.get("content") ?? ""),
      file: file instanceof File && file.name !== "" ? file : undefined,
      containerTags: parseTags(String(data.get("containerTags") ?? "")),
    };
    const found = problemsOf(entered);
    show(found);
    if (Object.keys(found).length === 0) adding.mutate(entered);
  };

  const refusal = adding.error instanceof Refusal && Object.keys(problems).length === 0 ? adding.error : null;
  return (
    <form ref={form} onSubmit={submit} noValidate className="space-y-5">
      {refusal ? (
        <Banner tone="bad" role="alert" title={refusal.message}>
          {refusal.fix}
        </Banner>
      ) : null}
      <fieldset disabled={adding.isPending}>
        <legend className="sr-only">What to add</legend>
        <div className="grid grid-cols-3 gap-1 rounded-control bg-sunken p-1">
          {kinds.map((one) => (
            <label
              key={one.kind}
              className={cx(
                "flex min-h-11 cursor-pointer items-center justify-center rounded-md text-center text-sm font-medium has-focus-visible:outline-2 has-focus-visible:outline-accent sm:min-h-8",
                kind === one.kind ? "bg-surface text-ink shadow-sm" : "text-muted hover:text-ink",
              )}
            >
              <input
                type="radio"
                name="kind"
                value={one.kind}
                checked={kind === one.kind}
                onChange={() => {
                  setKind(one.kind);
                  setProblems({});
                  adding.reset();
                }}
                className="sr-only"
              />
              {one.label}
            </label>
          ))}
        </div>
      </fieldset>
      {kind === "text" ? (
        <Field
          id="add-text"
          label="Text"
          error={problems.content}
          help="Markdown is understood; its first heading becomes the title."
        >
          {({ id, describedBy, invalid }) => (
            <textarea
              id={id}
              name="content"
              rows={9}
              dir="auto"
              readOnly={adding.isPending}
              aria-describedby={describedBy}
              aria-invalid={invalid}
              className={cx(controlClass, "py-2 font-mono")}
            />
          )}
        </Field>
      ) : kind === "address" ? (
        <Field
          id="add-address"
          label="Web address"
          error={problems.content}
          help="A public page or file. It is fetched once, and not again."
        >
          {({ id, describedBy, invalid }) => (
            <input
              id={id}
              name="content"
              type="url"
              placeholder="https://example.com/handbook"
              autoComplete="off"
              readOnly={adding.isPending}
              aria-describedby={describedBy}
              aria-invalid={invalid}
              className={controlClass}
            />
          )}
        </Field>
      ) : (
        <Field
          id="add-file"
          label="File"
          error={problems.file}
          help="PDF, Word, Excel, PowerPoint, HTML, Markdown, CSV or any text, up to 50 MB."
        >
          {({ id, describedBy, invalid }) => (
            <input
              id={id}
              name="file"
              type="file"
              disabled={adding.isPending}
              aria-describedby={describedBy}
              aria-invalid={invalid}
              className={cx(
                controlClass,
                "py-2 file:me-3 file:rounded-md file:border-0 file:bg-sunken file:px-2.5 file:py-0.5 file:text-sm file:font-medium file:text-ink",
              )}
            />
          )}
        </Field>
      )}
      <Field
        id="add-tags"
        label="Container tags"
        optional
        error={problems.containerTags}
        help="Whose it is. Separate several with commas or spaces, e.g. user_42, team-docs."
      >
        {({ id, describedBy, invalid }) => (
          <input
            id={id}
            name="containerTags"
            autoComplete="off"
            autoCapitalize="off"
            spellCheck={false}
            readOnly={adding.isPending}
            aria-describedby={describedBy}
            aria-invalid={invalid}
            className={controlClass}
          />
        )}
      </Field>
      <div className="flex justify-end gap-2 pt-1">
        <Button onClick={() => (adding.isPending && kind === "file" ? stop.current?.abort() : onCancel())}>
          Cancel
        </Button>
        <Button tone="primary" type="submit" busy={adding.isPending}>
          {adding.isPending && kind === "file" ? "Uploading…" : kind === "file" ? "Upload" : "Add"}
        </Button>
      </div>
    </form>
  );
}
