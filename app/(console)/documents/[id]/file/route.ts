import { makeFileLink } from "#lib/files/links.ts";
import { signedIn } from "#lib/server/console-route.ts";
import { answer } from "#lib/server/route.ts";

interface Context {
  readonly params: Promise<{ readonly id: string }>;
}

/** Leads to the file a document was uploaded as. */
export const GET = (_request: Request, { params }: Context): Promise<Response> =>
  answer(async () => {
    const location = await makeFileLink(await signedIn(), (await params).id);
    return new Response(null, { status: 303, headers: { location } });
  });
