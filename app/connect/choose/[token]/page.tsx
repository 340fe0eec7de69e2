import type { Metadata } from "next";
import { ChooseFlow } from "#components/connect-flow/choose-flow.tsx";
import { FlowElsewhere } from "#components/connect-flow/flow-elsewhere.tsx";
import { AuthFrame } from "#components/shell/auth-frame.tsx";
import { QueryProvider } from "#components/shell/query-provider.tsx";
import { choose } from "../../actions.ts";
import { flowFor, flowTitle } from "../../read-flow.ts";

interface Props {
  readonly params: Promise<{ readonly token: string }>;
}

export async function generateMetadata({ params }: Props): Promise<Metadata> {
  return { title: await flowTitle((await params).token, ({ provider }) => `Choose what to sync · ${provider.name}`) };
}

export default async function ChoosePage({ params }: Props) {
  const { token } = await params;
  const view = await flowFor("choose", token);
  if (!view.mine)
    return (
      <AuthFrame>
        <FlowElsewhere view={view} />
      </AuthFrame>
    );
  return (
    <AuthFrame wide>
      <QueryProvider>
        <ChooseFlow token={token} view={view} choose={choose} />
      </QueryProvider>
    </AuthFrame>
  );
}
