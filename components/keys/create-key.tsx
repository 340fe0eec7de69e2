"use client";

import { Plus } from "lucide-react";
import dynamic from "next/dynamic";
import { useRouter } from "next/navigation";
import { useState } from "react";
import { Button } from "#components/ui/button.tsx";
import { Dialog } from "#components/ui/dialog.tsx";
import type { KeyActions, MadeKey } from "./actions.ts";

const KeyForm = dynamic(() => import("./key-form.tsx").then((module) => module.KeyForm<MadeKey>), { ssr: false });
const NewSecret = dynamic(() => import("./new-secret.tsx").then((module) => module.NewSecret), { ssr: false });

interface CreateKeyProps {
  readonly create: KeyActions["create"];
  /** scheme, host and port of the API */
  readonly origin: string;
}

export function CreateKey({ create, origin }: CreateKeyProps) {
  const router = useRouter();
  const [open, setOpen] = useState(false);
  const [busy, setBusy] = useState(false);
  const [made, setMade] = useState<MadeKey>();

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
          <NewSecret made={made} origin={origin} onStored={close} />
        ) : (
          <KeyForm save={create} label="Create key" onBusy={setBusy} onDone={setMade} onCancel={close} />
        )}
      </Dialog>
    </>
  );
}
