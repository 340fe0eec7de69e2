-- CreateEnum
CREATE TYPE "flow_status" AS ENUM ('pending', 'confirming', 'exchanging', 'choosing', 'done', 'failed');

-- AlterTable
ALTER TABLE "connections" ADD COLUMN     "grant_id" TEXT;

-- AlterTable
ALTER TABLE "organizations" ADD COLUMN     "redirect_origins" TEXT[] DEFAULT ARRAY[]::TEXT[];

-- CreateTable
CREATE TABLE "connect_flows" (
    "id" TEXT NOT NULL,
    "organization_id" TEXT NOT NULL,
    "connection_id" TEXT NOT NULL,
    "provider" TEXT NOT NULL,
    "reconnect" BOOLEAN NOT NULL DEFAULT false,
    "status" "flow_status" NOT NULL DEFAULT 'pending',
    "origin" TEXT NOT NULL,
    "actor" TEXT NOT NULL,
    "state_hash" BYTEA NOT NULL,
    "browser_hash" BYTEA,
    "page_hash" BYTEA,
    "verifier" TEXT,
    "code" TEXT,
    "client_id" TEXT NOT NULL,
    "redirect_uri" TEXT NOT NULL,
    "redirect_url" TEXT,
    "input" JSONB NOT NULL DEFAULT '{}',
    "error" TEXT,
    "error_detail" TEXT,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "expires_at" TIMESTAMPTZ(3) NOT NULL,
    "consumed_at" TIMESTAMPTZ(3),
    "finished_at" TIMESTAMPTZ(3),

    CONSTRAINT "connect_flows_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "grants" (
    "id" TEXT NOT NULL,
    "organization_id" TEXT NOT NULL,
    "provider" TEXT NOT NULL,
    "client_id" TEXT NOT NULL,
    "tokens" TEXT NOT NULL,
    "scopes" TEXT[],
    "facts" JSONB NOT NULL DEFAULT '{}',
    "account_id" TEXT,
    "expires_at" TIMESTAMPTZ(3),
    "refreshable" BOOLEAN NOT NULL DEFAULT true,
    "version" INTEGER NOT NULL DEFAULT 1,
    "lease_owner" TEXT,
    "lease_fence" BIGINT NOT NULL DEFAULT 0,
    "lease_until" TIMESTAMPTZ(3),
    "refreshed_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "dead_at" TIMESTAMPTZ(3),
    "dead_reason" TEXT,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "grants_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "oauth_apps" (
    "organization_id" TEXT NOT NULL,
    "provider" TEXT NOT NULL,
    "enabled" BOOLEAN NOT NULL DEFAULT true,
    "client_id" TEXT NOT NULL,
    "client_secret" TEXT NOT NULL,
    "tenant" TEXT,
    "webhook_secret" TEXT,
    "refused_at" TIMESTAMPTZ(3),
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "oauth_apps_pkey" PRIMARY KEY ("organization_id","provider")
);

-- CreateTable
CREATE TABLE "connect_links" (
    "id" TEXT NOT NULL,
    "hash" BYTEA NOT NULL,
    "organization_id" TEXT NOT NULL,
    "connection_id" TEXT NOT NULL,
    "redirect_url" TEXT,
    "created_by" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "expires_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "connect_links_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "account_paces" (
    "subject" TEXT NOT NULL,
    "next_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "held_until" TIMESTAMPTZ(3),

    CONSTRAINT "account_paces_pkey" PRIMARY KEY ("subject")
);

-- CreateTable
CREATE TABLE "webhook_channels" (
    "id" TEXT NOT NULL,
    "organization_id" TEXT NOT NULL,
    "connection_id" TEXT NOT NULL,
    "provider" TEXT NOT NULL,
    "secret_hash" BYTEA NOT NULL,
    "remote_id" TEXT,
    "state" JSONB NOT NULL DEFAULT '{}',
    "expires_at" TIMESTAMPTZ(3) NOT NULL,
    "last_notice" TEXT,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "webhook_channels_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE UNIQUE INDEX "connect_flows_state_hash_key" ON "connect_flows"("state_hash");

-- CreateIndex
CREATE UNIQUE INDEX "connect_flows_page_hash_key" ON "connect_flows"("page_hash");

-- CreateIndex
CREATE INDEX "connect_flows_organization_id_connection_id_idx" ON "connect_flows"("organization_id", "connection_id");

-- CreateIndex
CREATE INDEX "connect_flows_expires_at_idx" ON "connect_flows"("expires_at");

-- CreateIndex
CREATE INDEX "grants_organization_id_idx" ON "grants"("organization_id");

-- CreateIndex
CREATE INDEX "grants_provider_client_id_account_id_idx" ON "grants"("provider", "client_id", "account_id");

-- CreateIndex
CREATE INDEX "grants_refreshed_at_idx" ON "grants"("refreshed_at");

-- CreateIndex
CREATE UNIQUE INDEX "connect_links_hash_key" ON "connect_links"("hash");

-- CreateIndex
CREATE INDEX "connect_links_connection_id_idx" ON "connect_links"("connection_id");

-- CreateIndex
CREATE INDEX "webhook_channels_connection_id_idx" ON "webhook_channels"("connection_id");

-- CreateIndex
CREATE INDEX "webhook_channels_expires_at_idx" ON "webhook_channels"("expires_at");

-- CreateIndex
CREATE INDEX "connections_provider_account_id_idx" ON "connections"("provider", "account_id");

-- CreateIndex
CREATE UNIQUE INDEX "connections_grant_id_key" ON "connections"("grant_id");

-- AddForeignKey
ALTER TABLE "oauth_apps" ADD CONSTRAINT "oauth_apps_organization_id_fkey" FOREIGN KEY ("organization_id") REFERENCES "organizations"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "connect_links" ADD CONSTRAINT "connect_links_connection_id_fkey" FOREIGN KEY ("connection_id") REFERENCES "connections"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "webhook_channels" ADD CONSTRAINT "webhook_channels_connection_id_fkey" FOREIGN KEY ("connection_id") REFERENCES "connections"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- Flows under way (lib/oauth/upkeep.ts), so that those of the last days are not read again and again.
CREATE INDEX "connect_flows_exchanging" ON "connect_flows"("consumed_at") WHERE "status" = 'exchanging';
CREATE INDEX "connect_flows_sealed" ON "connect_flows"("expires_at") WHERE "verifier" IS NOT NULL OR "code" IS NOT NULL;
