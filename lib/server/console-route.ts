import type { z } from "zod";
import { AppError } from "#lib/contract/errors.ts";
import type { Operation } from "#lib/contract/operation.ts";
import { pathParams } from "./path.ts";
import { answer, parse, queryOf, type Route } from "./route.ts";
import { currentPrincipal, type UserPrincipal } from "./session.ts";

interface ConsoleCall<O extends Operation> {
  readonly principal: UserPrincipal;
  readonly params: z.output<O["params"]>;
  readonly query: z.output<O["query"]>;
}

/** A view for the console's own pages (lib/contract/console-operations.ts): by session only, never cached. */
export function consoleRoute<O extends Operation>(
  operation: O,
  read: (call: NoInfer<ConsoleCall<O>>) => Promise<z.output<O["reply"]["schema"]>>,
): Route {
  return (request) =>
    answer(async () => {
      const principal = await signedIn();
      const params = parse(operation.params, pathParams(operation.path, request.url), "path");
      const query = parse(operation.query, queryOf(request.url), "query");
      return Response.json(await read({ principal, params, query } as ConsoleCall<O>));
    });
}

/** @throws AppError unauthenticated */
export async function signedIn(): Promise<UserPrincipal> {
  const principal = await currentPrincipal();
  if (!principal) throw new AppError("unauthenticated", "Sign in to see this.");
  return principal;
}
