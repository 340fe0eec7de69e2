import type { Metadata } from "next";
import { FlowResult, titleOf } from "#components/connect-flow/flow-result.tsx";
import { AuthFrame } from "#components/shell/auth-frame.tsx";
import { retry } from "../../actions.ts";
import { flowFor, flowTitle } from "../../read-flow.ts";

interface Props {
  readonly params: Promise<{ readonly token: string }>;
}

export async function generateMetadata({ params }: Props): Promise<Metadata> {
  return { title: await flowTitle((await params).token, titleOf) };
}

export default async function ResultPage({ params }: Props) {
  const { token } = await params;
  const view = await flowFor("result", token);
  return (
    <AuthFrame>
      <FlowResult token={token} view={view} retry={retry} />
    </AuthFrame>
  );
}
