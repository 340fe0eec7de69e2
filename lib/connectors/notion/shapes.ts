import { z } from "zod";

/**
 * What is relied on of Notion's replies (API version 2026-03-11), and no more: fields come and go, and an object whose
 * details are odd is still worth its text. Only an id is never missing.
 */

/** Ids become parts of addresses: nothing that could lead elsewhere. */
const id = z.string().regex(/^[\w-]{1,100}$/);
const maybe = <Schema extends z.ZodType>(schema: Schema) => schema.nullish().catch(null);

export const richTextSchema = z
  .array(
    z
      .looseObject({
        type: maybe(z.string()),
        plain_text: z.string().catch(""),
        href: maybe(z.string()),
        annotations: maybe(z.record(z.string(), z.unknown())),
        equation: maybe(z.looseObject({ expression: z.string() })),
      })
      .catch({ plain_text: "" }),
  )
  .catch([]);
export type RichText = z.output<typeof richTextSchema>;

const parentSchema = z.looseObject({
  type: maybe(z.string()),
  data_source_id: maybe(z.string()),
  database_id: maybe(z.string()),
});

const propertySchema = z.looseObject({ type: z.string() });
export type Property = z.output<typeof propertySchema>;

export const pageSchema = z.looseObject({
  object: z.literal("page"),
  id,
  created_time: maybe(z.string()),
  last_edited_time: maybe(z.string()),
  in_trash: maybe(z.boolean()),
  /** in_trash's name before version 2026-03-11 */
  archived: maybe(z.boolean()),
  url: maybe(z.string()),
  parent: maybe(parentSchema),
  /** absent in a partial object */
  properties: maybe(z.record(z.string(), propertySchema.catch({ type: "unknown" }))),
});
export type Page = z.output<typeof pageSchema>;

export const dataSourceSchema = z.looseObject({
  object: z.literal("data_source"),
  id,
  title: richTextSchema.optional(),
  in_trash: maybe(z.boolean()),
});
export type DataSource = z.output<typeof dataSourceSchema>;

export const databaseSchema = z.looseObject({
  id,
  title: richTextSchema.optional(),
  in_trash: maybe(z.boolean()),
  data_sources: z.array(z.looseObject({ id })).catch([]),
});

export const listSchema = z.looseObject({
  results: z.array(z.unknown()),
  has_more: z.boolean().catch(false),
  next_cursor: maybe(z.string()),
  /** a query or search that was cut off says so (at 10,000 results) */
  request_status: maybe(z.looseObject({ type: z.string() })),
});
export type List = z.output<typeof listSchema>;

export const blockSchema = z.looseObject({
  id,
  type: z.string(),
  has_children: z.boolean().catch(false),
  in_trash: maybe(z.boolean()),
});
export type Block = z.output<typeof blockSchema>;

export const markdownSchema = z.looseObject({
  markdown: z.string(),
  truncated: z.boolean().catch(false),
  unknown_block_ids: z.array(id).catch([]),
});
export type PageMarkdown = z.output<typeof markdownSchema>;

const personSchema = z.looseObject({ person: maybe(z.looseObject({ email: maybe(z.string()) })) });

export const meSchema = z.looseObject({
  id,
  bot: maybe(
    z.looseObject({
      workspace_id: maybe(z.string()),
      workspace_name: maybe(z.string()),
      owner: maybe(z.looseObject({ user: maybe(personSchema) })),
    }),
  ),
});

/** The objects of one kind in a list; what has not even an id is left out. */
export function objectsOf<Schema extends z.ZodType>(list: List, schema: Schema): z.output<Schema>[] {
  return list.results.flatMap((result) => {
    const parsed = schema.safeParse(result);
    return parsed.success ? [parsed.data] : [];
  });
}
