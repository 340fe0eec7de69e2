import { createApi } from "./api.ts";

/** What pages of the console ask in the background, with the session's cookie. Of the contract only types are used. */
export const consoleApi = createApi<typeof import("#lib/contract/console-operations.ts")>({
  baseUrl: "",
  timeoutMs: 10_000,
});

/** The source itself is given ten seconds by the server. */
export const patientApi = createApi<typeof import("#lib/contract/console-operations.ts")>({
  baseUrl: "",
  timeoutMs: 20_000,
});
