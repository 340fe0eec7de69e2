import { uploadFromConsole } from "#lib/contract/console-operations.ts";
import { addFile } from "#lib/documents/add.ts";
import { requireWriter } from "#lib/organizations/access.ts";
import { signedIn } from "#lib/server/console-route.ts";
import { answer } from "#lib/server/route.ts";
import { receive } from "#lib/server/upload-route.ts";

/** By session; the front server has made sure that a page of ours sent it. */
export const POST = (request: Request): Promise<Response> =>
  answer(async () => {
    const principal = await signedIn();
    requireWriter(principal);
    return receive(uploadFromConsole, request, principal.organizationId, async ({ body, file }) => {
      const { id: fileId, name, mime } = file;
      return Response.json(await addFile(principal, { containerTags: body.containerTags, fileId, name, mime }));
    });
  });
