import { CopyButton } from "#components/ui/copy-button.tsx";

/** What holds for every operation, before the first one. */
export function Introduction({ origin }: { readonly origin: string }) {
  return (
    <div className="max-w-3xl space-y-3 pb-8">
      <h1 className="text-2xl font-semibold">API reference</h1>
      <p>
        Connections, documents and search under one key. The official <code>supermemory</code> clients speak this API:
        give them this server as their base URL.
      </p>
      <p className="flex flex-wrap items-center gap-2">
        <span className="text-muted">This server:</span>
        <code>{origin}</code>
        <CopyButton text={origin} what="address of this server" />
      </p>
      <ul className="list-disc space-y-1.5 ps-5">
        <li>
          <strong>Key.</strong> <code>Authorization: Bearer sm_…</code>, made in the console under API keys. The
          examples read it from <code>TRIBUTARY_API_KEY</code>.
        </li>
        <li>
          <strong>Errors</strong> are <code>{"{ error, details? }"}</code>: what happened, then which field or what to
          do.
        </li>
        <li>
          <strong>Too many requests</strong> answer 429 with <code>Retry-After</code>. The official clients wait by
          themselves.
        </li>
        <li>
          <strong>Repetitions.</strong> What changes something takes an <code>Idempotency-Key</code>: sent twice with
          the same key, it happens once.
        </li>
        <li>
          <strong>For machines:</strong>{" "}
          <a href={`${origin}/v3/openapi.json`} className="text-accent-ink underline underline-offset-2">
            the same as an OpenAPI 3.1 document
          </a>
          .
        </li>
      </ul>
    </div>
  );
}
