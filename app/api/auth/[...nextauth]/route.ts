import NextAuth from "next-auth";
import type { NextRequest } from "next/server";
import { env } from "#lib/env.ts";
import { authOptions } from "#lib/server/auth.ts";

interface Context {
  readonly params: Promise<{ nextauth: string[] }>;
}

/** The doors the console uses; the library's other pages stay shut. */
const open = new Set(["GET csrf", "POST callback/credentials", "POST signout"]);

async function handle(request: NextRequest, context: Context): Promise<Response> {
  const { nextauth } = await context.params;
  if (!open.has(`${request.method} ${nextauth.join("/")}`))
    return Response.json({ error: "Not found" }, { status: 404 });
  if (request.method === "POST" && request.headers.get("origin") !== env().APP_URL) {
    return Response.json({ error: "This request came from another site." }, { status: 403 });
  }
  return NextAuth(request, context, authOptions());
}

export { handle as GET, handle as POST };
