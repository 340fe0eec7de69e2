"use client";

import { ErrorView } from "#components/shell/error-view.tsx";

export default function ConsoleError(props: {
  readonly error: Error & { digest?: string };
  readonly reset: () => void;
}) {
  return <ErrorView {...props} />;
}
