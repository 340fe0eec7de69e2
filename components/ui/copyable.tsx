import { CopyButton } from "./copy-button.tsx";

/** A text to be carried elsewhere letter by letter. */
export function Copyable({ text, what }: { readonly text: string; readonly what: string }) {
  return (
    <div className="mt-1.5 flex items-center gap-2 rounded-control border border-line bg-sunken p-1.5 ps-3">
      <code className="min-w-0 flex-1 font-mono text-sm break-all select-all">{text}</code>
      <CopyButton text={text} what={what} label="Copy" />
    </div>
  );
}
