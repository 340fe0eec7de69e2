import type { Metadata } from "next";
import { ConfirmFlow } from "#components/connect-flow/confirm-flow.tsx";
import { FlowElsewhere } from "#components/connect-flow/flow-elsewhere.tsx";
import { AuthFrame } from "#components/shell/auth-frame.tsx";
import { cancel, confirm } from "../../actions.ts";
import { flowFor, flowTitle } from "../../read-flow.ts";

interface Props {
  readonly params: Promise<{ readonly token: string }>;
}

export async function generateMetadata({ params }: Props): Promise<Metadata> {
  return { title: await flowTitle((await params).token, ({ provider }) => `Connect ${provider.name}?`) };
}

/** Asked before anything is exchanged: whoever sent the link may be somebody else than this person thinks. */
export default async function ConfirmPage({ params }: Props) {
  const { token } = await params;
  const view = await flowFor("confirm", token);
  return (
    <AuthFrame>
      {view.mine ? (
        <ConfirmFlow token={token} view={view} actions={{ confirm, cancel }} />
      ) : (
        <FlowElsewhere view={view} />
      )}
    </AuthFrame>
  );
}
