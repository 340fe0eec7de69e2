-- AlterTable
ALTER TABLE "api_keys" ADD COLUMN     "container_tag" TEXT,
ADD COLUMN     "previous_hash" BYTEA,
ADD COLUMN     "previous_until" TIMESTAMPTZ(3),
ADD COLUMN     "rate_max" INTEGER,
ADD COLUMN     "rate_window_ms" INTEGER,
ADD COLUMN     "rotated_at" TIMESTAMPTZ(3),
ADD COLUMN     "scopes" TEXT[] DEFAULT ARRAY['read', 'write', 'connections']::TEXT[];

-- AlterTable
ALTER TABLE "documents" ADD COLUMN     "added" BOOLEAN NOT NULL DEFAULT false,
ADD COLUMN     "excluded" BOOLEAN NOT NULL DEFAULT false,
ADD COLUMN     "failure" TEXT,
ADD COLUMN     "file_id" TEXT,
ADD COLUMN     "language" TEXT,
ADD COLUMN     "task_type" TEXT NOT NULL DEFAULT 'memory';

-- AlterTable
ALTER TABLE "organizations" ADD COLUMN     "chunk_size" INTEGER,
ADD COLUMN     "reindex_after" TEXT;

-- CreateTable
CREATE TABLE "chunks" (
    "document_id" TEXT NOT NULL,
    "position" INTEGER NOT NULL,
    "organization_id" TEXT NOT NULL,
    "start" INTEGER NOT NULL,
    "stop" INTEGER NOT NULL,
    "heading" TEXT NOT NULL,
    "text" TEXT NOT NULL,
    "tags" TEXT[],
    "vector" tsvector NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "chunks_pkey" PRIMARY KEY ("document_id","position")
);

-- CreateTable
CREATE TABLE "index_tasks" (
    "document_id" TEXT NOT NULL,
    "organization_id" TEXT NOT NULL,
    "due" TIMESTAMPTZ(6) NOT NULL DEFAULT clock_timestamp(),
    "attempts" INTEGER NOT NULL DEFAULT 0,

    CONSTRAINT "index_tasks_pkey" PRIMARY KEY ("document_id")
);

-- CreateTable
CREATE TABLE "words" (
    "organization_id" TEXT NOT NULL,
    "word" TEXT NOT NULL,
    "seen" INTEGER NOT NULL DEFAULT 1,

    CONSTRAINT "words_pkey" PRIMARY KEY ("organization_id","word")
);

-- CreateTable
CREATE TABLE "chunk_signs" (
    "document_id" TEXT NOT NULL,
    "passage" BYTEA NOT NULL,
    "organization_id" TEXT NOT NULL,
    "space" TEXT NOT NULL,
    "position" INTEGER NOT NULL,
    "chunk_at" TIMESTAMPTZ(3) NOT NULL,
    "bits" VARBIT NOT NULL,

    CONSTRAINT "chunk_signs_pkey" PRIMARY KEY ("document_id","passage")
);

-- CreateTable
CREATE TABLE "chunk_vectors" (
    "document_id" TEXT NOT NULL,
    "passage" BYTEA NOT NULL,
    "numbers" BYTEA NOT NULL,

    CONSTRAINT "chunk_vectors_pkey" PRIMARY KEY ("document_id","passage")
);

-- CreateTable
CREATE TABLE "vector_tasks" (
    "document_id" TEXT NOT NULL,
    "organization_id" TEXT NOT NULL,
    "due" TIMESTAMPTZ(6) NOT NULL DEFAULT clock_timestamp(),
    "attempts" INTEGER NOT NULL DEFAULT 0,

    CONSTRAINT "vector_tasks_pkey" PRIMARY KEY ("document_id")
);

-- CreateTable
CREATE TABLE "vector_space" (
    "id" INTEGER NOT NULL DEFAULT 1,
    "space" TEXT NOT NULL,
    "queue_after" TEXT,
    "baseline" BYTEA,

    CONSTRAINT "vector_space_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "document_tallies" (
    "id" BIGSERIAL NOT NULL,
    "organization_id" TEXT NOT NULL,
    "provider" TEXT,
    "change" BIGINT NOT NULL,

    CONSTRAINT "document_tallies_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "retired_secrets" (
    "hash" BYTEA NOT NULL,
    "organization_id" TEXT NOT NULL,
    "key_id" TEXT NOT NULL,
    "retired_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "retired_secrets_pkey" PRIMARY KEY ("hash")
);

-- CreateTable
CREATE TABLE "files" (
    "id" TEXT NOT NULL,
    "organization_id" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "mime" TEXT,
    "bytes" BIGINT NOT NULL DEFAULT 0,
    "sha256" BYTEA,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "files_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "file_parts" (
    "file_id" TEXT NOT NULL,
    "part" INTEGER NOT NULL,
    "organization_id" TEXT NOT NULL,
    "data" BYTEA NOT NULL,

    CONSTRAINT "file_parts_pkey" PRIMARY KEY ("file_id","part")
);

-- CreateTable
CREATE TABLE "file_links" (
    "hash" BYTEA NOT NULL,
    "organization_id" TEXT NOT NULL,
    "document_id" TEXT NOT NULL,
    "file_id" TEXT NOT NULL,
    "expires_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "file_links_pkey" PRIMARY KEY ("hash")
);

-- CreateIndex
CREATE INDEX "index_tasks_organization_id_due_idx" ON "index_tasks"("organization_id", "due");

-- CreateIndex
CREATE INDEX "chunk_signs_organization_id_idx" ON "chunk_signs"("organization_id");

-- CreateIndex
CREATE INDEX "vector_tasks_organization_id_due_idx" ON "vector_tasks"("organization_id", "due");

-- CreateIndex
CREATE INDEX "document_tallies_organization_id_idx" ON "document_tallies"("organization_id");

-- CreateIndex
CREATE INDEX "files_created_at_idx" ON "files"("created_at");

-- CreateIndex
CREATE INDEX "file_links_expires_at_idx" ON "file_links"("expires_at");

-- CreateIndex
CREATE UNIQUE INDEX "api_keys_previous_hash_key" ON "api_keys"("previous_hash");

-- CreateIndex
CREATE INDEX "retired_secrets_organization_id_idx" ON "retired_secrets"("organization_id");

-- AddForeignKey
ALTER TABLE "retired_secrets" ADD CONSTRAINT "retired_secrets_organization_id_fkey" FOREIGN KEY ("organization_id") REFERENCES "organizations"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- CreateIndex
CREATE UNIQUE INDEX "documents_file_id_key" ON "documents"("file_id");

-- AddForeignKey
ALTER TABLE "chunks" ADD CONSTRAINT "chunks_document_id_fkey" FOREIGN KEY ("document_id") REFERENCES "documents"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "index_tasks" ADD CONSTRAINT "index_tasks_document_id_fkey" FOREIGN KEY ("document_id") REFERENCES "documents"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "chunk_signs" ADD CONSTRAINT "chunk_signs_document_id_fkey" FOREIGN KEY ("document_id") REFERENCES "documents"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "chunk_vectors" ADD CONSTRAINT "chunk_vectors_document_id_passage_fkey" FOREIGN KEY ("document_id", "passage") REFERENCES "chunk_signs"("document_id", "passage") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "vector_tasks" ADD CONSTRAINT "vector_tasks_document_id_fkey" FOREIGN KEY ("document_id") REFERENCES "documents"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "file_parts" ADD CONSTRAINT "file_parts_file_id_fkey" FOREIGN KEY ("file_id") REFERENCES "files"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "documents" ADD CONSTRAINT "documents_file_id_fkey" FOREIGN KEY ("file_id") REFERENCES "files"("id") ON DELETE NO ACTION ON UPDATE NO ACTION;


-- What the schema language cannot say.

-- All three come with PostgreSQL and may be created by the owner of a database: accents off, similar words, and an
-- organization as the first column of an index on words.
CREATE EXTENSION IF NOT EXISTS unaccent;
CREATE EXTENSION IF NOT EXISTS pg_trgm;
CREATE EXTENSION IF NOT EXISTS btree_gin;

-- For every language PostgreSQL can stem, the same configuration with accents taken off first: tributary_english, …
DO $$
DECLARE
  language text;
  stemmer text;
BEGIN
  FOR language IN SELECT cfgname FROM pg_ts_config WHERE cfgnamespace = 'pg_catalog'::regnamespace ORDER BY cfgname LOOP
    IF EXISTS (SELECT 1 FROM pg_ts_config WHERE cfgname = 'tributary_' || language AND cfgnamespace = current_schema()::regnamespace) THEN
      CONTINUE;
    END IF;
    stemmer := CASE language WHEN 'simple' THEN 'simple' ELSE language || '_stem' END;
    EXECUTE format('CREATE TEXT SEARCH CONFIGURATION %I (COPY = pg_catalog.%I)', 'tributary_' || language, language);
    EXECUTE format('ALTER TEXT SEARCH CONFIGURATION %I ALTER MAPPING FOR hword, hword_part, word WITH unaccent, %I', 'tributary_' || language, stemmer);
    EXECUTE format('ALTER TEXT SEARCH CONFIGURATION %I ALTER MAPPING FOR numword WITH unaccent, simple', 'tributary_' || language);
  END LOOP;
END
$$;

-- What waits to be merged into it is looked through by every search: a quarter of the usual size costs indexing nothing.
CREATE INDEX "chunks_search" ON "chunks" USING GIN ("organization_id", "tags", "vector") WITH (gin_pending_list_limit = 1024);
CREATE INDEX "words_similar" ON "words" USING GIN ("organization_id", "word" gin_trgm_ops);

-- One document for each customId an application chose, in each container. Of the tags their hash: a hundred long ones are
-- more than an index takes.
CREATE UNIQUE INDEX "documents_added_custom_id" ON "documents"("organization_id", "custom_id", hash_array_extended("container_tags", 0))
  WHERE "added" AND "custom_id" IS NOT NULL AND "deleted_at" IS NULL;

-- What syncs must not bring back: few rows of many.
CREATE INDEX "documents_excluded" ON "documents"("connection_id", "key") WHERE "excluded";

-- They are kept, so they are no longer among those that are looked through for what is to be purged; only their contents are.
DROP INDEX "documents_tombstones";
CREATE INDEX "documents_tombstones" ON "documents"("deleted_at") WHERE "deleted_at" IS NOT NULL AND NOT "excluded";
CREATE INDEX "documents_excluded_contents" ON "documents"("deleted_at") WHERE "excluded" AND "content_hash" IS NOT NULL;

-- Listings see no tombstones: without them in the index, rows that are skipped need not be looked at.
DROP INDEX "documents_organization_id_created_at_id_idx";
DROP INDEX "documents_organization_id_updated_at_id_idx";
DROP INDEX "documents_connection_id_created_at_id_idx";
CREATE INDEX "documents_by_creation" ON "documents"("organization_id", "created_at" DESC, "id" DESC) WHERE "deleted_at" IS NULL;
CREATE INDEX "documents_by_change" ON "documents"("organization_id", "updated_at" DESC, "id" DESC) WHERE "deleted_at" IS NULL;
CREATE INDEX "documents_of_connection" ON "documents"("connection_id", "created_at" DESC, "id" DESC) WHERE "deleted_at" IS NULL;

-- Conditions on metadata (lib/documents/metadata-condition.ts) and paths. The beginning of a path has to do: an index
-- refuses rows of more than 2,704 bytes, and so would every sync that meets one.
CREATE INDEX "documents_metadata" ON "documents" USING GIN ("metadata" jsonb_path_ops);
CREATE INDEX "documents_filepath" ON "documents"("organization_id", left("filepath", 200) text_pattern_ops)
  WHERE "deleted_at" IS NULL AND "filepath" IS NOT NULL;

-- What is being worked on, or could not be: few rows of many.
CREATE INDEX "documents_processing" ON "documents"("organization_id", "updated_at" DESC, "id" DESC)
  WHERE "status" <> 'done' AND "deleted_at" IS NULL;

-- Which languages there are, by skipping from one to the next.
CREATE INDEX "documents_language" ON "documents"("organization_id", "language") WHERE "deleted_at" IS NULL;

-- Files are stored as they are: most are compressed already.
ALTER TABLE "file_parts" ALTER COLUMN "data" SET STORAGE EXTERNAL;

-- A file goes with its document, however that is deleted, and when the document gets another one.
CREATE FUNCTION "remove_file_of_document"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  DELETE FROM "files" WHERE "id" = OLD."file_id" AND "organization_id" = OLD."organization_id";
  RETURN NULL;
END
$$;
CREATE TRIGGER "documents_deleted_with_file" AFTER DELETE ON "documents" FOR EACH ROW
  WHEN (OLD."file_id" IS NOT NULL) EXECUTE FUNCTION "remove_file_of_document"();
CREATE TRIGGER "documents_got_another_file" AFTER UPDATE OF "file_id" ON "documents" FOR EACH ROW
  WHEN (OLD."file_id" IS NOT NULL AND OLD."file_id" IS DISTINCT FROM NEW."file_id") EXECUTE FUNCTION "remove_file_of_document"();

-- Documents that belong to no connection are counted as they come and go: one small row for each change, which nobody
-- waits for (lib/documents/count.ts adds them up, maintenance folds them). Syncs do not pay for it.
CREATE FUNCTION tally_document() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP <> 'INSERT' AND OLD.connection_id IS NULL AND OLD.deleted_at IS NULL THEN
    INSERT INTO document_tallies (organization_id, provider, change) VALUES (OLD.organization_id, OLD.provider, -1);
  END IF;
  IF TG_OP <> 'DELETE' AND NEW.connection_id IS NULL AND NEW.deleted_at IS NULL THEN
    INSERT INTO document_tallies (organization_id, provider, change) VALUES (NEW.organization_id, NEW.provider, 1);
  END IF;
  RETURN NULL;
END
$$;
CREATE TRIGGER documents_tally_insert AFTER INSERT ON "documents" FOR EACH ROW
  WHEN (NEW.connection_id IS NULL AND NEW.deleted_at IS NULL) EXECUTE FUNCTION tally_document();
CREATE TRIGGER documents_tally_delete AFTER DELETE ON "documents" FOR EACH ROW
  WHEN (OLD.connection_id IS NULL AND OLD.deleted_at IS NULL) EXECUTE FUNCTION tally_document();
CREATE TRIGGER documents_tally_update AFTER UPDATE OF organization_id, connection_id, provider, deleted_at ON "documents"
  FOR EACH ROW WHEN (
    (OLD.connection_id IS NULL AND OLD.deleted_at IS NULL) <> (NEW.connection_id IS NULL AND NEW.deleted_at IS NULL)
    OR (NEW.connection_id IS NULL AND (OLD.provider IS DISTINCT FROM NEW.provider OR OLD.organization_id <> NEW.organization_id))
  ) EXECUTE FUNCTION tally_document();
INSERT INTO "document_tallies" ("organization_id", "provider", "change")
  SELECT organization_id, provider, count(*) FROM "documents" WHERE connection_id IS NULL AND deleted_at IS NULL GROUP BY 1, 2;

-- Everything that is there is indexed once, by the workers. Tombstones are marked to be indexed should they come back.
INSERT INTO "index_tasks" ("document_id", "organization_id")
  SELECT d.id, d.organization_id FROM "documents" d JOIN "contents" c ON c.document_id = d.id;
