import {
  changeConnection,
  connect,
  getConnection,
  removeConnection,
  removeConnectionOfProvider,
} from "#lib/server/connections.ts";
import { namesProvider, resource } from "#lib/server/route.ts";

/** One path, two meanings: a provider's name or a connection's id. */
export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = resource({
  GET: getConnection,
  POST: connect,
  PATCH: changeConnection,
  DELETE: (request) => (namesProvider(request) ? removeConnectionOfProvider : removeConnection)(request),
});
