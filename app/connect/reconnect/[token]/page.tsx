import type { Metadata } from "next";
import { cache } from "react";
import { FlowProblem } from "#components/connect-flow/flow-problem.tsx";
import { problems } from "#components/connect-flow/problems.ts";
import { ReconnectFlow } from "#components/connect-flow/reconnect-flow.tsx";
import { reconnectTitle } from "#components/connect-flow/reconnect-title.ts";
import { AuthFrame } from "#components/shell/auth-frame.tsx";
import { readReconnectLink } from "#lib/oauth/links.ts";
import { begin } from "../../actions.ts";

interface Props {
  readonly params: Promise<{ readonly token: string }>;
}

const read = cache(readReconnectLink);

export async function generateMetadata({ params }: Props): Promise<Metadata> {
  const link = await read((await params).token);
  return { title: link ? reconnectTitle(link) : problems.link.title };
}

export default async function ReconnectPage({ params }: Props) {
  const { token } = await params;
  const link = await read(token);
  return (
    <AuthFrame>
      {link ? <ReconnectFlow token={token} link={link} begin={begin} /> : <FlowProblem {...problems.link} />}
    </AuthFrame>
  );
}
