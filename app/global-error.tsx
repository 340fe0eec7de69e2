"use client";

/** Only when the outermost layout itself fails: no styles, no script of ours can be relied on. */
export default function GlobalError({ reset }: { readonly reset: () => void }) {
  return (
    <html lang="en">
      <body>
        <title>Something went wrong · Tributary</title>
        <main>
          <h1>This page could not be loaded</h1>
          <p>The server did not answer as it should. Nothing of yours is lost.</p>
          <button type="button" onClick={reset}>
            Try again
          </button>
        </main>
      </body>
    </html>
  );
}
