import { z } from "zod";
import type { Account, Ctx } from "../types.ts";
import type { OneDriveConfig } from "./config.ts";
import { ask } from "./graph.ts";

const sampleSize = 20;

const text = z.string().nullish().catch(null);
const me = z.object({ id: z.string().min(1), displayName: text, mail: text, userPrincipalName: text });
const drive = z.object({ id: z.string().min(1), driveType: text });
const children = z.object({
  value: z.array(z.unknown()),
});
const child = z.object({
  id: z.string().min(1),
  name: z.string(),
  size: z.number().optional().catch(undefined),
  folder: z.unknown().optional(),
});

/** Who it is, whether there is a drive and, when everything is synced, what is at its top: small questions. */
export async function checkDrive(ctx: Ctx<OneDriveConfig>): Promise<Account> {
  const once = { retries: 0, totalTimeoutMs: 8_000 };
  const [person, , top] = await Promise.all([
    ask(ctx, "/me?$select=id,displayName,mail,userPrincipalName", me, once),
    ask(ctx, "/me/drive?$select=id,driveType", drive, once),
    // With a choice, what lies outside it is nobody's business.
    ctx.config.syncScope === "full"
      ? ask(ctx, `/me/drive/root/children?$select=id,name,size,folder&$top=${sampleSize}`, children, once)
      : { value: [] },
  ]);
  const email = person.mail ?? person.userPrincipalName ?? undefined;
  return {
    id: person.id,
    label: labelOf(person.displayName ?? undefined, email),
    ...(email === undefined ? {} : { email }),
    sample: top.value.slice(0, sampleSize).flatMap((entry) => {
      const parsed = child.safeParse(entry);
      if (!parsed.success) return [];
      const { id, name, size, folder } = parsed.data;
      const bytes = folder ? undefined : size;
      return [{ id, title: name.slice(0, 400), ...(bytes === undefined ? {} : { bytes }) }];
    }),
  };
}

function labelOf(name: string | undefined, email: string | undefined): string {
  if (name && email) return `${name} (${email})`;
  return name ?? email ?? "OneDrive";
}
