import type { ConnectActions } from "#components/connect/actions.ts";
import type { ConnectionActions } from "#components/connections/actions.ts";
import { pause, preview, reconnect, reconnectLink, remove, restore, resume, save, syncNow, test } from "./actions.ts";

/** The server actions that pages hand to components, which import nothing of the server themselves. */
export const connectionActions: ConnectionActions = {
  sync: syncNow,
  pause,
  resume,
  remove,
  restore,
  reconnect,
  reconnectLink,
};
export const connectActions: ConnectActions = { test, preview, save };
