"use client";

import { useEffect } from "react";
import { notify } from "#lib/client/notices.ts";
import { useAction } from "#lib/client/use-action.ts";
import type { ConnectionActions } from "./actions.ts";

/** Sends the person to the provider; they come back to the connection's page. */
export function useReconnect(id: string, reconnect: ConnectionActions["reconnect"]) {
  const { mutate, isPending, isSuccess, reset } = useAction(reconnect, {
    onDone: ({ authLink }) => window.location.assign(authLink),
    onRefused: ({ message, fix }) =>
      notify({ tone: "bad", title: "Not reconnected", detail: `${message} ${fix ?? ""}` }),
  });
  // back by the browser's own button: it can be pressed again
  useEffect(() => {
    const again = (event: PageTransitionEvent) => event.persisted && reset();
    window.addEventListener("pageshow", again);
    return () => window.removeEventListener("pageshow", again);
  }, [reset]);
  return { press: () => mutate({ id }), busy: isPending || isSuccess };
}
