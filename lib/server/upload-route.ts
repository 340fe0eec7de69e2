import type { z } from "zod";
import { AppError } from "#lib/contract/errors.ts";
import type { Operation } from "#lib/contract/operation.ts";
import { mimeHint, unreadable } from "#lib/files/readable.ts";
import { declareMime, removeUnused, storeFile, type StoredFile } from "#lib/files/store.ts";
import { parseJsonObject } from "./json.ts";
import type { Reply } from "./reply.ts";
import { admit, answer, parse, perform, type Call, type Route } from "./route.ts";
import { readForm } from "./upload.ts";

/** An operation with a form: its fields for `body`, and the file, stored already. */
export type UploadCall<O extends Operation> = Call<O> & { readonly file: StoredFile };

/** Throws what speaks against a request before its file is read; called with the fields that came so far. */
export type Beforehand<O extends Operation> = (call: Pick<Call<O>, "principal" | "body">) => void;

/**
 * Like route(), for a form with a file: who → how often → the form, stored as it streams in → repetition → handler →
 * reply. A file that no document has in the end (a failure, a repetition, nothing new) is removed before the reply.
 */
export function uploadRoute<O extends Operation & { readonly body: z.ZodObject }>(
  operation: O,
  handler: (call: UploadCall<O>) => Promise<Reply>,
  beforehand: Beforehand<O> = () => {},
): Route {
  return (request) =>
    answer(async (requestId) => {
      const admitted = await admit(operation, request);
      const { principal } = admitted;
      return receive(
        operation,
        request,
        principal.organizationId,
        ({ body, file, bytes }) =>
          perform({ operation, request, requestId, admitted, bytes }, (remember) =>
            handler({ ...admitted, body, remember, file } as UploadCall<O>),
          ),
        (body) => beforehand({ principal, body } as UploadCall<O>),
      );
    });
}

export interface Received<Body> {
  readonly body: Body;
  readonly file: StoredFile;
  /** what two forms have in common if one repeats the other */
  readonly bytes: Uint8Array;
}

/** Reads the form, hands it over, and removes the file if no document has it then. @throws AppError */
export async function receive<O extends Operation & { readonly body: z.ZodObject }>(
  operation: O,
  request: Request,
  organizationId: string,
  use: (received: Received<z.output<O["body"]>>) => Promise<Response>,
  beforehand: (body: z.output<O["body"]>) => void = () => {},
): Promise<Response> {
  let stored: StoredFile | undefined;
  try {
    const fields = await readForm(request, {
      fields: new Set(Object.keys(operation.body.shape)),
      onFile: async ({ name, mime, content }, before) => {
        // What came before the file may spare it the way.
        const soFar = parseFields(operation, before);
        requireReadable(name, mime, soFar);
        beforehand(soFar as z.output<O["body"]>);
        stored = await storeFile(organizationId, { name, mime }, content);
      },
    });
    const body = parseFields(operation, fields);
    if (!stored) throw new AppError("invalid_request", "The request is not valid.");
    const described = requireReadable(stored.name, stored.mime, body);
    const file = { ...stored, mime: described };
    if (file.mime !== stored.mime) await declareMime(organizationId, file.id, file.mime);
    return await use({ body: body as z.output<O["body"]>, file, bytes: contentsOf(fields, file) });
  } finally {
    // Should it fail, maintenance finds it (lib/files/purge.ts); the reply is right anyway.
    if (stored) await removeUnused(organizationId, stored.id).catch(() => {});
  }
}

/** What two forms have in common if one repeats the other, however they were cut up, ordered and delimited. */
function contentsOf(fields: ReadonlyMap<string, string>, { name, mime, sha256 }: StoredFile): Uint8Array {
  const sorted = [...fields].sort(([a], [b]) => (a < b ? -1 : 1));
  return Buffer.from(JSON.stringify([sorted, name, mime, Buffer.from(sha256).toString("hex")]));
}

/** @throws AppError invalid_request */
function parseFields(operation: { readonly body: z.ZodObject }, fields: ReadonlyMap<string, string>) {
  const metadata = fields.get("metadata");
  if (metadata?.trimStart().startsWith("{")) requireStrict("metadata", metadata);
  return parse(operation.body, Object.fromEntries(fields), "body");
}

/** JSON in a field is read as strictly as a JSON body. @throws AppError invalid_request */
function requireStrict(path: string, text: string): void {
  try {
    parseJsonObject(text);
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    const named = error.fields.map((field) => ({ ...field, path: `${path}.${field.path}` }));
    const message = "must be a JSON object that names no key twice and is not nested";
    throw new AppError("invalid_request", "The request is not valid.", {
      fields: named.length > 0 ? named : [{ path, message }],
    });
  }
}

/** The type to go by. @throws AppError invalid_request if what is said about the file rules it out */
function requireReadable(
  name: string,
  declared: string | null,
  body: Readonly<Record<string, unknown>>,
): string | null {
  const { fileType, mimeType } = body;
  const described = {
    name,
    mime: typeof mimeType === "string" ? mimeType : declared,
    fileType: typeof fileType === "string" ? fileType : undefined,
  };
  const why = unreadable(described);
  if (why !== undefined)
    throw new AppError("invalid_request", "This file cannot be read.", { fields: [{ path: "file", message: why }] });
  return mimeHint(described);
}
