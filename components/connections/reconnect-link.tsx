"use client";

import { Link2 } from "lucide-react";
import { useState } from "react";
import { copyText } from "#lib/client/clipboard.ts";
import { announce, notify } from "#lib/client/notices.ts";
import { useAction } from "#lib/client/use-action.ts";
import { Button } from "#components/ui/button.tsx";
import { CopyButton } from "#components/ui/copy-button.tsx";
import { controlClass } from "#components/ui/field.tsx";
import { cx } from "#components/ui/cx.ts";
import { LocalTime } from "#components/ui/time.tsx";
import type { ConnectionActions } from "./actions.ts";

interface ReconnectLinkProps {
  readonly id: string;
  readonly make: ConnectionActions["reconnectLink"];
}

/** Makes a link for whoever owns the account, copies it, and shows it in case the browser did not. */
export function ReconnectLink({ id, make }: ReconnectLinkProps) {
  const [link, setLink] = useState<{ readonly url: string; readonly expiresAt: string }>();
  const making = useAction(make, {
    onDone: (made) => {
      setLink(made);
      void copyText(made.url).then((done) =>
        announce(done ? "Reconnect link copied" : "Reconnect link made. Copy it from the page."),
      );
    },
    onRefused: ({ message, fix }) => notify({ tone: "bad", title: "No link made", detail: `${message} ${fix ?? ""}` }),
  });
  return (
    <div className="min-w-0 space-y-3">
      <Button
        size="small"
        busy={making.isPending}
        onClick={() => making.mutate({ id })}
        icon={<Link2 aria-hidden className="size-4" />}
      >
        Copy reconnect link
      </Button>
      {link ? (
        <div className="max-w-md space-y-1.5">
          <div className="flex items-center gap-1">
            <input
              readOnly
              aria-label="Reconnect link"
              value={link.url}
              onFocus={(event) => event.currentTarget.select()}
              className={cx(controlClass, "font-mono sm:text-[0.8125rem]")}
            />
            <CopyButton text={link.url} what="reconnect link" />
          </div>
          <p className="text-sm">
            For whoever owns the account: no sign-in here is needed, and no other account is accepted. It works until{" "}
            <LocalTime at={link.expiresAt} />.
          </p>
        </div>
      ) : null}
    </div>
  );
}
