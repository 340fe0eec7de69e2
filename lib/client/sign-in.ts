/** Sign-in and sign-out against our own /api/auth; the session cookie is the only result. */

async function csrfToken(): Promise<string> {
  const reply = await fetch("/api/auth/csrf", { cache: "no-store", signal: AbortSignal.timeout(15_000) });
  const body: unknown = await reply.json();
  if (typeof body === "object" && body !== null && "csrfToken" in body && typeof body.csrfToken === "string") {
    return body.csrfToken;
  }
  throw new Error("no token");
}

function form(fields: Readonly<Record<string, string>>): RequestInit {
  return { method: "POST", body: new URLSearchParams(fields), signal: AbortSignal.timeout(20_000) };
}

/** Undefined when signed in, else what to tell. */
export async function signIn(email: string, password: string): Promise<string | undefined> {
  try {
    const csrf = await csrfToken();
    const reply = await fetch(
      "/api/auth/callback/credentials",
      form({ csrfToken: csrf, email, password, json: "true", callbackUrl: location.origin }),
    );
    if (reply.ok) return undefined;
    const body: unknown = await reply.json().catch(() => null);
    const url = typeof body === "object" && body !== null && "url" in body ? String(body.url) : "";
    const error = URL.canParse(url) ? new URL(url).searchParams.get("error") : null;
    if (error === "CredentialsSignin")
      return "That e-mail and password do not belong together. Check both and try again.";
    if (error && error !== "SignInUnavailable") return error;
    return "Sign-in does not work at the moment. Try again in a minute.";
  } catch {
    return navigator.onLine
      ? "The server could not be reached. Try again."
      : "You are offline. Connect to the network, then try again.";
  }
}

/** False when the server could not be reached. */
export async function signOut(): Promise<boolean> {
  try {
    const reply = await fetch(
      "/api/auth/signout",
      form({ csrfToken: await csrfToken(), json: "true", callbackUrl: `${location.origin}/login` }),
    );
    return reply.ok;
  } catch {
    return false;
  }
}
