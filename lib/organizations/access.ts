import { AppError } from "#lib/contract/errors.ts";
import { mayWrite, type Principal } from "#lib/contract/principal.ts";

/** @throws AppError forbidden for viewers */
export function requireWriter(principal: Principal): void {
  if (mayWrite(principal)) return;
  throw new AppError("forbidden", "You may look at this organization but not change it.", {
    details: "Ask an owner or admin to change your role.",
  });
}
