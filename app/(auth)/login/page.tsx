import type { Metadata } from "next";
import { redirect } from "next/navigation";
import { LoginForm } from "#components/shell/login-form.tsx";
import { currentPrincipal, safeNext } from "#lib/server/session.ts";

export const metadata: Metadata = { title: "Sign in" };

interface Props {
  readonly searchParams: Promise<Readonly<Record<string, string | string[] | undefined>>>;
}

export default async function LoginPage({ searchParams }: Props) {
  const { next: asked } = await searchParams;
  const next = safeNext(typeof asked === "string" ? asked : undefined);
  if (await currentPrincipal()) redirect(next);
  return (
    <>
      <h1 className="text-xl font-semibold tracking-[-0.02em]">Sign in</h1>
      <p className="mt-1 mb-6 text-muted">
        {next === "/" ? "Welcome back." : "Sign in to go on where you wanted to go."}
      </p>
      <LoginForm next={next} />
      <p className="mt-6 border-t border-line pt-4 text-sm text-muted">
        First time here? Open the set-up link that Tributary printed where it was started.
      </p>
    </>
  );
}
