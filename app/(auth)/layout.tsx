import type { ReactNode } from "react";
import { AuthFrame } from "#components/shell/auth-frame.tsx";

export default function AuthLayout({ children }: { readonly children: ReactNode }) {
  return <AuthFrame>{children}</AuthFrame>;
}
