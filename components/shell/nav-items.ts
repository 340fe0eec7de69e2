import { Blocks, FileText, KeyRound, LayoutDashboard, Settings2, Waypoints } from "lucide-react";

/** The console's main places, in order. `phone` = in the bar at the bottom. */
export const navItems = [
  { href: "/", label: "Overview", icon: LayoutDashboard, phone: true },
  { href: "/connections", label: "Connections", icon: Blocks, phone: true },
  { href: "/documents", label: "Documents", icon: FileText, phone: true },
  { href: "/runs", label: "Runs", icon: Waypoints, phone: true },
  { href: "/keys", label: "API keys", icon: KeyRound, phone: true },
  { href: "/settings", label: "Settings", icon: Settings2, phone: false },
] as const;

export function isCurrent(href: string, path: string): boolean {
  return href === "/" ? path === "/" : path === href || path.startsWith(`${href}/`);
}
