"use client";

import { Plus } from "lucide-react";
import dynamic from "next/dynamic";
import { useRouter } from "next/navigation";
import { useState } from "react";
import { notify } from "#lib/client/notices.ts";
import { Button } from "#components/ui/button.tsx";
import { Dialog } from "#components/ui/dialog.tsx";
import type { AddAction } from "./add-form.tsx";

const AddForm = dynamic(() => import("./add-form.tsx").then((module) => module.AddForm), { ssr: false });

/** Adds a text, what is at an address, or a file. */
export function AddDocument({ add }: { readonly add: AddAction }) {
  const router = useRouter();
  const [open, setOpen] = useState(false);
  const [busy, setBusy] = useState(false);
  const close = () => setOpen(false);
  return (
    <>
      <Button
        tone="primary"
        aria-haspopup="dialog"
        onClick={() => setOpen(true)}
        icon={<Plus aria-hidden className="size-4" />}
      >
        Add document
      </Button>
      <Dialog open={open} onClose={close} dismissible={!busy} title="Add a document" className="max-w-xl">
        <AddForm
          add={add}
          onBusy={setBusy}
          onCancel={close}
          onAdded={({ id, status }) => {
            close();
            notify({
              tone: "good",
              title: status === "done" ? "That is stored already" : "Added",
              detail: status === "done" ? undefined : "It can be found as soon as it is processed.",
              action: { label: "Open", run: () => router.push(`/documents/${id}`) },
            });
            router.refresh();
          }}
        />
      </Dialog>
    </>
  );
}
