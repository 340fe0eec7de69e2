import { Unlink } from "lucide-react";
import { FlowHeading } from "./flow-heading.tsx";
import type { Problem } from "./problems.ts";

/** Calm, and with one way forward: there is nothing here that could be done. */
export function FlowProblem({ title, detail, next }: Problem) {
  return (
    <>
      <FlowHeading icon={Unlink} title={title} />
      <p className="mt-2 text-muted">{detail}</p>
      <p className="mt-4">{next}</p>
    </>
  );
}
