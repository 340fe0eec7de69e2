/** Container tags; a long list is cut with the rest counted. */
export function Tags({ tags, max = 6 }: { readonly tags: readonly string[]; readonly max?: number }) {
  if (!tags.length) return null;
  const rest = tags.length - max;
  return (
    <ul aria-label="Container tags" className="flex min-w-0 flex-wrap gap-1.5">
      {tags.slice(0, max).map((tag) => (
        <li key={tag} className="max-w-full truncate rounded-md bg-sunken px-1.5 py-0.5 font-mono text-2xs text-muted">
          {tag}
        </li>
      ))}
      {rest > 0 ? (
        <li className="rounded-md px-1 py-0.5 text-2xs text-muted" title={tags.slice(max).join(", ")}>
          +{rest}
        </li>
      ) : null}
    </ul>
  );
}
