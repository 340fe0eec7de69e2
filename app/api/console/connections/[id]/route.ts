import { getConnection } from "#lib/connections/service.ts";
import { consoleRoute } from "#lib/server/console-route.ts";

interface Context {
  readonly params: Promise<{ readonly id: string }>;
}

export const GET = async (_request: Request, { params }: Context) => {
  const { id } = await params;
  return consoleRoute((principal) => getConnection(principal, id));
};
