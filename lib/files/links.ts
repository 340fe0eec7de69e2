import { createHash, randomBytes } from "node:crypto";
import { AppError } from "#lib/contract/errors.ts";
import type { Principal } from "#lib/contract/principal.ts";
import { pool } from "#lib/db/client.ts";
import { documentIdOf } from "#lib/documents/reference.ts";
import { conditionsOf, scopeOf, type DocumentScope } from "#lib/documents/where.ts";
import { env } from "#lib/env.ts";
import { findFile, type FileFacts } from "./read.ts";

/**
 * Addresses under which a file can be had without a key, as the protocol wants it: whoever has one may download for a
 * day. The address holds 256 random bits, of which only the hash is stored.
 */

const linkHours = 24;
const tokenPattern = /^[A-Za-z0-9_-]{43}$/;

/** An address for the file of a document, by id or customId. @throws AppError not_found, invalid_request */
export async function makeFileLink(principal: Principal, documentId: string, containerTag?: string): Promise<string> {
  const id = await documentIdOf(principal, documentId, containerTag);
  const fileId = await fileOfDocument(scopeOf(principal), id);
  if (fileId === undefined)
    throw new AppError("not_found", "This document has no file.", {
      details: "Only documents that were uploaded have one. Its text is in the content of the document.",
    });
  const token = randomBytes(32).toString("base64url");
  await pool().query(
    `insert into file_links (hash, organization_id, document_id, file_id, expires_at)
     values ($1, $2, $3, $4, now() + make_interval(hours => ${linkHours}))`,
    [hashOf(token), principal.organizationId, id, fileId],
  );
  return new URL(`/v3/files/${token}`, env().APP_URL).href;
}

export interface LinkedFile extends FileFacts {
  readonly organizationId: string;
}

/** The file behind such an address; undefined when it is over, the document is gone, or it never was one. */
export async function fileOfLink(token: string): Promise<LinkedFile | undefined> {
  if (!tokenPattern.test(token)) return undefined;
  const { rows } = await pool().query<{ organization_id: string; document_id: string; file_id: string }>(
    "select organization_id, document_id, file_id from file_links where hash = $1 and expires_at > now()",
    [hashOf(token)],
  );
  const [link] = rows;
  if (!link) return undefined;
  const { organization_id: organizationId, document_id: documentId, file_id: linked } = link;
  // Deleted, on its way out with its connection, or with another file by now: then the address is over, too.
  const fileId = await fileOfDocument({ organizationId, container: undefined }, documentId);
  const file = fileId === linked ? await findFile(organizationId, linked) : undefined;
  return file && { ...file, organizationId };
}

async function fileOfDocument(scope: DocumentScope, documentId: string): Promise<string | undefined> {
  const where = await conditionsOf(scope, {});
  where.and("d.id = ?", documentId);
  const { rows } = await pool().query<{ file_id: string | null }>(
    `select d.file_id from documents d where ${where}`,
    where.values,
  );
  return rows[0]?.file_id ?? undefined;
}

function hashOf(token: string): Buffer {
  return createHash("sha256").update(token).digest();
}
