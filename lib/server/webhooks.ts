import { AppError } from "#lib/contract/errors.ts";
import { TooMany } from "#lib/webhooks/lookup.ts";
import { receiveNotice, type Answer } from "#lib/webhooks/receive.ts";
import { readBytes } from "./body.ts";
import { segmentsOf } from "./path.ts";
import { answer, type Route } from "./route.ts";

/** What providers send. There is no key: each notice proves itself by its channel's secret or its signature. */
export const receiveWebhook: Route = (request) =>
  answer(async () => {
    const provider = segmentsOf(request.url).at(-1) ?? "";
    const body = await readBytes(request);
    const { searchParams: query } = new URL(request.url);
    const headers = Object.fromEntries(request.headers);
    try {
      return responseOf(await receiveNotice(provider, { query, headers, body }));
    } catch (error) {
      if (error instanceof TooMany) return flooded();
      throw error;
    }
  });

/** A flood of what nobody could have sent waits, and so does who gets into it. Not a fault to write down each time. */
function flooded(): Response {
  const error = "Too much is coming in at once.";
  return Response.json(
    { error, details: "Try again in a few seconds." },
    { status: 503, headers: { "retry-after": "5" } },
  );
}

function responseOf(told: Answer): Response {
  switch (told.kind) {
    case "accepted":
      return new Response(null, { status: 200 });
    case "echo":
      return new Response(told.text, { status: 200, headers: { "content-type": "text/plain; charset=utf-8" } });
    case "nonsense":
      throw new AppError("invalid_request", "This is not a notice this address knows.");
    case "unsigned":
      throw new AppError("unauthenticated", "The signature is not valid.");
    case "unknown":
      throw new AppError("not_found", "Not found");
  }
}
