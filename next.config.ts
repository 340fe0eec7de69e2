import type { NextConfig } from "next";

const config: NextConfig = {
  reactStrictMode: true,
  poweredByHeader: false,
  // No image optimiser: it would be a second way out to the network, and nothing here needs it.
  images: { unoptimized: true },
  productionBrowserSourceMaps: false,
  serverExternalPackages: [
    "pg",
    "pg-boss",
    "@prisma/client",
    "@prisma/adapter-pg",
    "undici",
    "re2js",
    "unpdf",
    "mammoth",
  ],
  typescript: { tsconfigPath: "tsconfig.json" },
};

export default config;
