import { FileText, Folder, HardDrive, type LucideIcon } from "lucide-react";
import type { ResourceView } from "#lib/contract/views.ts";

export const kindIcons: Readonly<Record<ResourceView["kind"], LucideIcon>> = {
  drive: HardDrive,
  folder: Folder,
  file: FileText,
};
