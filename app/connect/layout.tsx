import type { Metadata } from "next";
import type { ReactNode } from "react";

/** What an end user sees on the way to a provider and back. Nobody who is led away from here learns the address. */
export const metadata: Metadata = { referrer: "no-referrer" };

export default function ConnectLayout({ children }: { readonly children: ReactNode }) {
  return children;
}
