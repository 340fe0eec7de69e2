import type { Metadata } from "next";
import { notFound } from "next/navigation";
import { FlowProblem } from "#components/connect-flow/flow-problem.tsx";
import { problemFor } from "#components/connect-flow/problems.ts";
import { AuthFrame } from "#components/shell/auth-frame.tsx";

interface Props {
  readonly params: Promise<{ readonly reason: string }>;
}

export async function generateMetadata({ params }: Props): Promise<Metadata> {
  return { title: problemFor((await params).reason)?.title ?? "Nothing here" };
}

/** A link that leads to no flow. It needs no database, so that it can also say that this is what is missing. */
export default async function ProblemPage({ params }: Props) {
  const problem = problemFor((await params).reason);
  if (!problem) notFound();
  return (
    <AuthFrame>
      <FlowProblem {...problem} />
    </AuthFrame>
  );
}
