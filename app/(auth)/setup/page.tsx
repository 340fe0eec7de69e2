import type { Metadata } from "next";
import Link from "next/link";
import { redirect } from "next/navigation";
import { SetupFlow } from "#components/shell/setup-flow.tsx";
import { setupAllowed } from "#lib/organizations/service.ts";
import { currentPrincipal } from "#lib/server/session.ts";
import { createFirstKey } from "../../(console)/keys/actions.ts";
import { setUp } from "./actions.ts";

export const metadata: Metadata = { title: "Set up", referrer: "no-referrer" };

interface Props {
  readonly searchParams: Promise<Readonly<Record<string, string | string[] | undefined>>>;
}

export default async function SetupPage({ searchParams }: Props) {
  const { token } = await searchParams;
  const usable = typeof token === "string" && token.length <= 200 && (await setupAllowed(token));
  if (usable) return <SetupFlow token={token} actions={{ setUp, createFirstKey }} />;
  if (await currentPrincipal()) redirect("/");
  return (
    <>
      <h1 className="text-xl font-semibold tracking-[-0.02em]">This set-up link does not work</h1>
      <p className="mt-2 text-muted">
        {token ? "It was used already, or it is not complete." : "It has no token in it."} A set-up link works once,
        while there is no owner account yet.
      </p>
      <h2 className="mt-5 font-medium">How to go on</h2>
      <ul className="mt-1 list-disc space-y-1 ps-5 text-muted">
        <li>
          Already set up?{" "}
          <Link href="/login" className="text-accent-ink underline underline-offset-2">
            Sign in
          </Link>
          .
        </li>
        <li>
          No account yet? Restart Tributary with <code className="font-mono text-[0.9em] text-ink">npm start</code>: it
          prints a new link, which must be opened whole.
        </li>
      </ul>
    </>
  );
}
