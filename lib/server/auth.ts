import type { NextAuthOptions } from "next-auth";
import CredentialsProvider from "next-auth/providers/credentials";
import { env } from "#lib/env.ts";
import { AppError } from "#lib/contract/errors.ts";
import { authenticateUser } from "#lib/organizations/service.ts";

/** Days a session lives without being used. */
const sessionDays = 14;

/** Sign-in for people: e-mail and password, a signed session cookie, nothing stored. API keys never come here. */
export function authOptions(): NextAuthOptions {
  const { APP_URL, NEXTAUTH_SECRET } = env();
  const secure = APP_URL.startsWith("https:");
  const cookie = (name: string) => ({
    name: `${secure ? "__Host-" : ""}tributary.${name}`,
    options: { httpOnly: true, sameSite: "lax" as const, path: "/", secure },
  });
  return {
    secret: NEXTAUTH_SECRET,
    session: { strategy: "jwt", maxAge: sessionDays * 86_400, updateAge: 3_600 },
    useSecureCookies: secure,
    cookies: {
      sessionToken: cookie("session"),
      callbackUrl: cookie("callback"),
      csrfToken: cookie("csrf"),
    },
    pages: { signIn: "/login", error: "/login", signOut: "/login" },
    providers: [
      CredentialsProvider({
        credentials: { email: {}, password: {} },
        async authorize(credentials, request) {
          const email = credentials?.email;
          const password = credentials?.password;
          if (typeof email !== "string" || typeof password !== "string") return null;
          const address: unknown = request.headers?.["x-tributary-address"];
          try {
            const person = await authenticateUser(email, password, typeof address === "string" ? { address } : {});
            return person ? { id: person.userId, email: person.email, name: person.name } : null;
          } catch (error) {
            // the text of an AppError is made for people; anything else says nothing about itself
            throw new Error(error instanceof AppError ? error.message : "SignInUnavailable", { cause: error });
          }
        },
      }),
    ],
    callbacks: {
      jwt: ({ token, user }) => (user ? { sub: user.id, email: user.email, name: user.name } : token),
      session: ({ session, token }) => ({
        expires: session.expires,
        user: { id: token.sub, email: token.email, name: token.name },
      }),
      redirect: ({ url }) => (url === APP_URL || url.startsWith(`${APP_URL}/`) ? url : APP_URL),
    },
    logger: {
      // wrong passwords and stale cookies are everyday, not errors with stacks
      error: () => {},
      warn: () => {},
      debug: () => {},
    },
  };
}
