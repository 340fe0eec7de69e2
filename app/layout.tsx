import type { Metadata, Viewport } from "next";
import { GeistMono } from "geist/font/mono";
import { GeistSans } from "geist/font/sans";
import { cookies } from "next/headers";
import type { ReactNode } from "react";
import { Notices } from "#components/shell/notices.tsx";
import { parseTheme } from "#lib/client/theme.ts";
import "./globals.css";

export const metadata: Metadata = {
  title: { default: "Tributary", template: "%s · Tributary" },
  description: "Connect the places where knowledge lives; keep clean, tagged, fresh documents.",
  robots: { index: false, follow: false },
  referrer: "same-origin",
};

export async function generateViewport(): Promise<Viewport> {
  const theme = parseTheme((await cookies()).get("theme")?.value);
  const light = "#f5fafa";
  const dark = "#071115";
  return {
    width: "device-width",
    initialScale: 1,
    viewportFit: "cover",
    colorScheme: theme === "system" ? "light dark" : theme,
    themeColor:
      theme === "system"
        ? [
            { media: "(prefers-color-scheme: light)", color: light },
            { media: "(prefers-color-scheme: dark)", color: dark },
          ]
        : theme === "dark"
          ? dark
          : light,
  };
}

/** The theme is in the first byte of HTML, so there is nothing to flash. */
export default async function RootLayout({ children }: { readonly children: ReactNode }) {
  const theme = parseTheme((await cookies()).get("theme")?.value);
  return (
    <html
      lang="en"
      data-theme={theme === "system" ? undefined : theme}
      className={`${GeistSans.variable} ${GeistMono.variable}`}
    >
      <body className="min-h-dvh">
        {children}
        <Notices />
      </body>
    </html>
  );
}
