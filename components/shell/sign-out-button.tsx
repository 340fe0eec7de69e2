"use client";

import { LogOut } from "lucide-react";
import { useState } from "react";
import { notify } from "#lib/client/notices.ts";
import { signOut } from "#lib/client/sign-in.ts";
import { Button } from "#components/ui/button.tsx";

export function SignOutButton({ label = false }: { readonly label?: boolean }) {
  const [busy, setBusy] = useState(false);
  const leave = async () => {
    setBusy(true);
    if (await signOut()) {
      location.assign("/login");
      return;
    }
    setBusy(false);
    notify({ tone: "bad", title: "Not signed out", detail: "The server could not be reached. Try again." });
  };
  return (
    <Button
      tone={label ? "secondary" : "quiet"}
      size="small"
      busy={busy}
      onClick={leave}
      aria-label={label ? undefined : "Sign out"}
      title={label ? undefined : "Sign out"}
      icon={<LogOut aria-hidden className="size-4" />}
    >
      {label ? "Sign out" : null}
    </Button>
  );
}
