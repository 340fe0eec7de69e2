import type { Metadata } from "next";
import { FlowProblem } from "#components/connect-flow/flow-problem.tsx";
import { problems } from "#components/connect-flow/problems.ts";
import { AuthFrame } from "#components/shell/auth-frame.tsx";

export const metadata: Metadata = { title: "This link does not work" };

export default function ConnectNotFound() {
  return (
    <AuthFrame>
      <FlowProblem {...problems.unknown} />
    </AuthFrame>
  );
}
