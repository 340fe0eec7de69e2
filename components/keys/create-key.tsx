"use client";

import { Plus } from "lucide-react";
import dynamic from "next/dynamic";
import { useRouter } from "next/navigation";
import { useState } from "react";
import { Button } from "#components/ui/button.tsx";
import { Dialog } from "#components/ui/dialog.tsx";
import type { CreateKeyAction } from "./key-form.tsx";
import { KeyReveal } from "./key-reveal.tsx";

const KeyForm = dynamic(() => import("./key-form.tsx").then((module) => module.KeyForm), { ssr: false });

export function CreateKey({ create }: { readonly create: CreateKeyAction }) {
  const router = useRouter();
  const [open, setOpen] = useState(false);
  const [busy, setBusy] = useState(false);
  const [made, setMade] = useState<string>();

  const close = () => {
    setOpen(false);
    setMade(undefined);
    router.refresh();
  };

  return (
    <>
      <Button
        tone="primary"
        aria-haspopup="dialog"
        onClick={() => setOpen(true)}
        icon={<Plus aria-hidden className="size-4" />}
      >
        New key
      </Button>
      <Dialog
        open={open}
        onClose={close}
        dismissible={!made && !busy}
        title={made ? "Your new API key" : "New API key"}
      >
        {made ? (
          <KeyReveal apiKey={made} onStored={close} done="I have stored it" />
        ) : (
          <KeyForm create={create} onBusy={setBusy} onMade={setMade} onCancel={close} />
        )}
      </Dialog>
    </>
  );
}
