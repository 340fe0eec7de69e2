import { existsSync } from "node:fs";
import { chromium } from "@playwright/test";

/** The system's Chromium, else the one Playwright has downloaded; `missing` says why there is none. */
const places = ["/usr/bin/chromium", chromium.executablePath()];
const found = places.find((place) => existsSync(place));

export const browser: { readonly path: string | undefined; readonly missing: string | undefined } = {
  path: found,
  missing: found ? undefined : "no Chromium: install the system's package or run `npx playwright install chromium`",
};

/** The product needs no network, so the browser's own errands stay at home; root has no sandbox. */
export const launchArguments = [
  ...(process.getuid?.() === 0 ? ["--no-sandbox"] : []),
  "--disable-dev-shm-usage",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];
