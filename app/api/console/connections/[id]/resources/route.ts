import { listResources } from "#lib/connections/service.ts";
import { consoleRoute } from "#lib/server/console-route.ts";

interface Context {
  readonly params: Promise<{ readonly id: string }>;
}

export const GET = async (request: Request, { params }: Context) => {
  const { id } = await params;
  const query = new URL(request.url).searchParams;
  return consoleRoute((principal) =>
    listResources(principal, id, {
      parent: query.get("parent"),
      search: query.get("search"),
      page: query.get("page"),
    }),
  );
};
