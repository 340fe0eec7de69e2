import { getRun } from "#lib/runs/service.ts";
import { consoleRoute } from "#lib/server/console-route.ts";

interface Context {
  readonly params: Promise<{ readonly id: string }>;
}

export const GET = async (_request: Request, { params }: Context) => {
  const { id } = await params;
  return consoleRoute((principal) => getRun(principal, id));
};
