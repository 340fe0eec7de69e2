/** A description: its `code` set as such, nothing else is interpreted. */
export function Words({ text }: { readonly text: string }) {
  if (!text.includes("`")) return text;
  return text.split(/(`[^`]+`)/).map((part, i) => (i % 2 === 1 ? <code key={i}>{part.slice(1, -1)}</code> : part));
}
