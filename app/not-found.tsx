import type { Metadata } from "next";
import { NotFoundView } from "#components/shell/not-found-view.tsx";
import { AuthFrame } from "#components/shell/auth-frame.tsx";

export const metadata: Metadata = { title: "Not found" };

export default function NotFound() {
  return (
    <AuthFrame>
      <NotFoundView />
    </AuthFrame>
  );
}
