/** A description: its `code` set as such, nothing else is interpreted. */
export function Words({ text }: { readonly text: string }) {
  return text.split(/(`[^`]+`)/).map((part, i) =>
    part.startsWith("`") && part.length > 2 ? (
      <code key={i} className="rounded bg-sunken px-1 py-px font-mono text-[0.85em] [overflow-wrap:anywhere]">
        {part.slice(1, -1)}
      </code>
    ) : (
      part
    ),
  );
}
