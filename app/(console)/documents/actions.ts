"use server";

import { z } from "zod";
import { documentForm } from "#lib/contract/document-form.ts";
import { id as documentId } from "#lib/contract/ids.ts";
import { addDocument } from "#lib/documents/add.ts";
import { removeDocument } from "#lib/documents/remove.ts";
import { action } from "#lib/server/action.ts";

export const addFromConsole = action(documentForm, (principal, { content, containerTags }) =>
  addDocument(principal, { content, containerTags }),
);

export const deleteFromConsole = action(z.object({ id: documentId }), (principal, { id }) =>
  removeDocument(principal, id),
);
