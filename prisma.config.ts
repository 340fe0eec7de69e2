import { defineConfig } from "prisma/config";

/** Only the command line uses this file; the running product gets its database from `lib/env.ts`. */
export default defineConfig({
  schema: "prisma/schema.prisma",
  migrations: { path: "prisma/migrations" },
  datasource: { url: process.env["DATABASE_URL"] ?? "" },
});
