-- CreateSchema
CREATE SCHEMA IF NOT EXISTS "public";

-- CreateEnum
CREATE TYPE "role" AS ENUM ('owner', 'admin', 'viewer');

-- CreateEnum
CREATE TYPE "connection_state" AS ENUM ('active', 'paused', 'deleting');

-- CreateEnum
CREATE TYPE "run_status" AS ENUM ('queued', 'running', 'completed', 'failed', 'canceled');

-- CreateEnum
CREATE TYPE "run_trigger" AS ENUM ('event', 'cron', 'manual');

-- CreateEnum
CREATE TYPE "verdict" AS ENUM ('new', 'changed', 'same', 'removed', 'skipped', 'failed');

-- CreateEnum
CREATE TYPE "document_status" AS ENUM ('queued', 'extracting', 'chunking', 'embedding', 'indexing', 'done', 'failed', 'unknown');

-- CreateTable
CREATE TABLE "organizations" (
    "id" TEXT NOT NULL,
    "slug" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "organizations_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "users" (
    "id" TEXT NOT NULL,
    "email" TEXT NOT NULL,
    "name" TEXT NOT NULL DEFAULT '',
    "password_hash" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "users_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "memberships" (
    "organization_id" TEXT NOT NULL,
    "user_id" TEXT NOT NULL,
    "role" "role" NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "memberships_pkey" PRIMARY KEY ("organization_id","user_id")
);

-- CreateTable
CREATE TABLE "setup_tokens" (
    "hash" BYTEA NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "setup_tokens_pkey" PRIMARY KEY ("hash")
);

-- CreateTable
CREATE TABLE "api_keys" (
    "id" TEXT NOT NULL,
    "organization_id" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "hash" BYTEA NOT NULL,
    "suffix" TEXT NOT NULL,
    "created_by_user" TEXT,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "expires_at" TIMESTAMPTZ(3),
    "revoked_at" TIMESTAMPTZ(3),
    "last_used_at" TIMESTAMPTZ(3),

    CONSTRAINT "api_keys_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "connections" (
    "id" TEXT NOT NULL,
    "organization_id" TEXT NOT NULL,
    "provider" TEXT NOT NULL,
    "name" TEXT NOT NULL DEFAULT '',
    "state" "connection_state" NOT NULL DEFAULT 'active',
    "container_tags" TEXT[],
    "document_limit" INTEGER NOT NULL DEFAULT 10000,
    "config" JSONB NOT NULL DEFAULT '{}',
    "secrets" TEXT,
    "metadata" JSONB NOT NULL DEFAULT '{}',
    "redirect_url" TEXT,
    "account_id" TEXT,
    "account_label" TEXT,
    "email" TEXT,
    "interval_seconds" INTEGER,
    "next_sync_at" TIMESTAMPTZ(3),
    "fence" BIGINT NOT NULL DEFAULT 0,
    "cursor" JSONB,
    "config_version" INTEGER NOT NULL DEFAULT 1,
    "last_synced_at" TIMESTAMPTZ(3),
    "failure_kind" TEXT,
    "held_deletions" INTEGER NOT NULL DEFAULT 0,
    "document_count" INTEGER NOT NULL DEFAULT 0,
    "delete_after" TIMESTAMPTZ(3),
    "delete_documents" BOOLEAN NOT NULL DEFAULT true,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "connections_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "sync_runs" (
    "id" TEXT NOT NULL,
    "organization_id" TEXT NOT NULL,
    "connection_id" TEXT NOT NULL,
    "status" "run_status" NOT NULL DEFAULT 'queued',
    "trigger" "run_trigger" NOT NULL,
    "requested_by" TEXT,
    "fence" BIGINT NOT NULL DEFAULT 0,
    "attempts" INTEGER NOT NULL DEFAULT 0,
    "crashes" INTEGER NOT NULL DEFAULT 0,
    "throttles" INTEGER NOT NULL DEFAULT 0,
    "cancel_requested" BOOLEAN NOT NULL DEFAULT false,
    "queued_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "started_at" TIMESTAMPTZ(3),
    "completed_at" TIMESTAMPTZ(3),
    "heartbeat_at" TIMESTAMPTZ(3),
    "waiting_until" TIMESTAMPTZ(3),
    "phase" TEXT,
    "listed" INTEGER NOT NULL DEFAULT 0,
    "count_new" INTEGER NOT NULL DEFAULT 0,
    "count_changed" INTEGER NOT NULL DEFAULT 0,
    "count_same" INTEGER NOT NULL DEFAULT 0,
    "count_removed" INTEGER NOT NULL DEFAULT 0,
    "count_skipped" INTEGER NOT NULL DEFAULT 0,
    "count_failed" INTEGER NOT NULL DEFAULT 0,
    "count_waiting" INTEGER NOT NULL DEFAULT 0,
    "count_held" INTEGER NOT NULL DEFAULT 0,
    "bytes_read" BIGINT NOT NULL DEFAULT 0,
    "bytes_saved" BIGINT NOT NULL DEFAULT 0,
    "requests" INTEGER NOT NULL DEFAULT 0,
    "error_code" TEXT,
    "failure_kind" TEXT,
    "error" TEXT,
    "notes" JSONB NOT NULL DEFAULT '[]',

    CONSTRAINT "sync_runs_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "run_items" (
    "id" BIGSERIAL NOT NULL,
    "organization_id" TEXT NOT NULL,
    "run_id" TEXT NOT NULL,
    "verdict" "verdict" NOT NULL,
    "title" TEXT NOT NULL,
    "external_id" TEXT NOT NULL,
    "document_id" TEXT,
    "reason" TEXT,
    "detail" TEXT,
    "at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "run_items_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "documents" (
    "id" TEXT NOT NULL,
    "organization_id" TEXT NOT NULL,
    "connection_id" TEXT,
    "key" BYTEA,
    "custom_id" TEXT,
    "provider" TEXT,
    "type" TEXT NOT NULL DEFAULT 'text',
    "status" "document_status" NOT NULL DEFAULT 'done',
    "title" TEXT,
    "summary" TEXT,
    "url" TEXT,
    "filepath" TEXT,
    "mime" TEXT,
    "bytes" BIGINT,
    "container_tags" TEXT[],
    "metadata" JSONB NOT NULL DEFAULT '{}',
    "version" TEXT,
    "content_hash" BYTEA,
    "memo" JSONB,
    "source_updated_at" TIMESTAMPTZ(3),
    "seen_run_id" TEXT,
    "missing_run_id" TEXT,
    "missing_strikes" SMALLINT NOT NULL DEFAULT 0,
    "deleted_at" TIMESTAMPTZ(3),
    "deleted_reason" TEXT,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "documents_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "contents" (
    "document_id" TEXT NOT NULL,
    "organization_id" TEXT NOT NULL,
    "text" TEXT NOT NULL,

    CONSTRAINT "contents_pkey" PRIMARY KEY ("document_id")
);

-- CreateTable
CREATE TABLE "item_issues" (
    "connection_id" TEXT NOT NULL,
    "key" BYTEA NOT NULL,
    "organization_id" TEXT NOT NULL,
    "verdict" "verdict" NOT NULL,
    "title" TEXT NOT NULL,
    "external_id" TEXT NOT NULL,
    "version" TEXT,
    "reason" TEXT NOT NULL,
    "detail" TEXT,
    "attempts" INTEGER NOT NULL DEFAULT 1,
    "ref" JSONB,
    "memo" JSONB,
    "seen_run_id" TEXT,
    "first_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "last_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "item_issues_pkey" PRIMARY KEY ("connection_id","key")
);

-- CreateTable
CREATE TABLE "audit_events" (
    "id" BIGSERIAL NOT NULL,
    "organization_id" TEXT NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "actor" TEXT NOT NULL,
    "action" TEXT NOT NULL,
    "target" TEXT,
    "detail" JSONB NOT NULL DEFAULT '{}',
    "address" TEXT,

    CONSTRAINT "audit_events_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "idempotency_keys" (
    "organization_id" TEXT NOT NULL,
    "key" TEXT NOT NULL,
    "request_hash" BYTEA NOT NULL,
    "status" INTEGER,
    "content_type" TEXT,
    "body" TEXT,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "locked_until" TIMESTAMPTZ(3),

    CONSTRAINT "idempotency_keys_pkey" PRIMARY KEY ("organization_id","key")
);

-- CreateTable
CREATE TABLE "rate_buckets" (
    "subject" TEXT NOT NULL,
    "tokens" DOUBLE PRECISION NOT NULL,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "rate_buckets_pkey" PRIMARY KEY ("subject")
);

-- CreateTable
CREATE TABLE "worker_heartbeats" (
    "id" TEXT NOT NULL,
    "hostname" TEXT NOT NULL,
    "pid" INTEGER NOT NULL,
    "started_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "seen_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "worker_heartbeats_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE UNIQUE INDEX "organizations_slug_key" ON "organizations"("slug");

-- CreateIndex
CREATE UNIQUE INDEX "users_email_key" ON "users"("email");

-- CreateIndex
CREATE INDEX "memberships_user_id_idx" ON "memberships"("user_id");

-- CreateIndex
CREATE UNIQUE INDEX "api_keys_hash_key" ON "api_keys"("hash");

-- CreateIndex
CREATE INDEX "api_keys_organization_id_created_at_idx" ON "api_keys"("organization_id", "created_at" DESC);

-- CreateIndex
CREATE INDEX "connections_organization_id_created_at_id_idx" ON "connections"("organization_id", "created_at" DESC, "id");

-- CreateIndex
CREATE INDEX "connections_organization_id_provider_idx" ON "connections"("organization_id", "provider");

-- CreateIndex
CREATE INDEX "connections_next_sync_at_idx" ON "connections"("next_sync_at");

-- CreateIndex
CREATE INDEX "sync_runs_connection_id_queued_at_id_idx" ON "sync_runs"("connection_id", "queued_at" DESC, "id");

-- CreateIndex
CREATE INDEX "sync_runs_organization_id_queued_at_id_idx" ON "sync_runs"("organization_id", "queued_at" DESC, "id");

-- CreateIndex
CREATE INDEX "run_items_run_id_verdict_id_idx" ON "run_items"("run_id", "verdict", "id");

-- CreateIndex
CREATE INDEX "documents_organization_id_created_at_id_idx" ON "documents"("organization_id", "created_at" DESC, "id" DESC);

-- CreateIndex
CREATE INDEX "documents_organization_id_updated_at_id_idx" ON "documents"("organization_id", "updated_at" DESC, "id" DESC);

-- CreateIndex
CREATE INDEX "documents_connection_id_created_at_id_idx" ON "documents"("connection_id", "created_at" DESC, "id" DESC);

-- CreateIndex
CREATE INDEX "documents_organization_id_custom_id_idx" ON "documents"("organization_id", "custom_id");

-- CreateIndex
CREATE INDEX "documents_container_tags_idx" ON "documents" USING GIN ("container_tags");

-- CreateIndex
CREATE UNIQUE INDEX "documents_connection_id_key_key" ON "documents"("connection_id", "key");

-- CreateIndex
CREATE INDEX "item_issues_organization_id_connection_id_verdict_last_at_idx" ON "item_issues"("organization_id", "connection_id", "verdict", "last_at" DESC);

-- CreateIndex
CREATE INDEX "audit_events_organization_id_at_id_idx" ON "audit_events"("organization_id", "at" DESC, "id" DESC);

-- CreateIndex
CREATE INDEX "idempotency_keys_created_at_idx" ON "idempotency_keys"("created_at");

-- AddForeignKey
ALTER TABLE "memberships" ADD CONSTRAINT "memberships_organization_id_fkey" FOREIGN KEY ("organization_id") REFERENCES "organizations"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "memberships" ADD CONSTRAINT "memberships_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "users"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "api_keys" ADD CONSTRAINT "api_keys_organization_id_fkey" FOREIGN KEY ("organization_id") REFERENCES "organizations"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "connections" ADD CONSTRAINT "connections_organization_id_fkey" FOREIGN KEY ("organization_id") REFERENCES "organizations"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "sync_runs" ADD CONSTRAINT "sync_runs_connection_id_fkey" FOREIGN KEY ("connection_id") REFERENCES "connections"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "documents" ADD CONSTRAINT "documents_organization_id_fkey" FOREIGN KEY ("organization_id") REFERENCES "organizations"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "contents" ADD CONSTRAINT "contents_document_id_fkey" FOREIGN KEY ("document_id") REFERENCES "documents"("id") ON DELETE CASCADE ON UPDATE CASCADE;



-- What the schema language cannot say.

-- At most one running and one queued run per connection, whoever asks and however often.
CREATE UNIQUE INDEX "sync_runs_one_running" ON "sync_runs"("connection_id") WHERE "status" = 'running';
CREATE UNIQUE INDEX "sync_runs_one_queued" ON "sync_runs"("connection_id") WHERE "status" = 'queued';

-- The purge job looks for old tombstones, the deletion guard for what went missing; both are rare rows.
CREATE INDEX "documents_tombstones" ON "documents"("deleted_at") WHERE "deleted_at" IS NOT NULL;
CREATE INDEX "documents_missing" ON "documents"("connection_id", "missing_run_id") WHERE "missing_run_id" IS NOT NULL;

-- Crawls mark what they saw by a narrow update: leave room on the page so that it stays cheap.
ALTER TABLE "documents" SET (fillfactor = 85);

-- Every API call takes a token: nothing of that needs to survive a crash, so it need not wait for the disk either.
ALTER TABLE "rate_buckets" SET UNLOGGED;

-- lz4 compresses text about twice as fast as the default. Builds without it (the embedded one among them) keep long
-- texts uncompressed: their default, pglz, would take more than half of the time of a first sync.
DO $$
BEGIN
  ALTER TABLE "contents" ALTER COLUMN "text" SET COMPRESSION lz4;
EXCEPTION WHEN OTHERS THEN
  ALTER TABLE "contents" ALTER COLUMN "text" SET STORAGE EXTERNAL;
END
$$;
