"use client";

import { AuthFrame } from "#components/shell/auth-frame.tsx";
import { ErrorView } from "#components/shell/error-view.tsx";

export default function RootError(props: { readonly error: Error & { digest?: string }; readonly reset: () => void }) {
  return (
    <AuthFrame>
      <ErrorView {...props} />
    </AuthFrame>
  );
}
