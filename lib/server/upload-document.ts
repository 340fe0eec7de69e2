import * as operations from "#lib/contract/operations.ts";
import { addFile } from "#lib/documents/add.ts";
import { namedTags, tagsFor } from "#lib/documents/container.ts";
import { json, type Reply } from "./reply.ts";
import { uploadRoute, type UploadCall } from "./upload-route.ts";

/** The same under its path of today and of once. */

type Upload = UploadCall<typeof operations.uploadDocument>;

const add = async ({ principal, body, file, remember }: Upload): Promise<Reply> => {
  const { containerTag, containerTags, customId, metadata, filepath, taskType } = body;
  const described = { containerTag, containerTags, customId, metadata, filepath, taskType };
  const { id: fileId, name, mime } = file;
  return json(await addFile(principal, { ...described, fileId, name, mime, remember }));
};

/** Adding says so, too, but only when all of the file is there. */
const requireContainer = ({ principal, body }: Pick<Upload, "principal" | "body">): void => {
  tagsFor(principal, namedTags(body));
};

export const uploadDocument = uploadRoute(operations.uploadDocument, add, requireContainer);
export const uploadDocumentLegacy = uploadRoute(operations.uploadDocumentLegacy, add, requireContainer);
