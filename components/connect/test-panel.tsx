import type { TagPreview, TestResult } from "#lib/contract/views.ts";
import { bytes, inert } from "#lib/client/format.ts";
import { Banner } from "#components/ui/banner.tsx";
import { Tags } from "#components/ui/tags.tsx";

interface TestPanelProps {
  readonly result: TestResult;
  /** tags by the form as it is now; undefined = as the test said */
  readonly preview: ReadonlyMap<string, TagPreview> | undefined;
  readonly ownTags: readonly string[];
  readonly showTags: boolean;
  readonly noun: readonly [one: string, many: string];
}

/** What "Test connection" found: the account and a first look, or the exact cause and the way out. */
export function TestPanel({ result, preview, ownTags, showTags, noun }: TestPanelProps) {
  if (!result.ok) {
    return (
      <Banner tone="bad" role="alert" title={result.message}>
        {result.fix}
      </Banner>
    );
  }
  return (
    <div className="space-y-3" role="status">
      <Banner tone="good" title={<>Works: {inert(result.account.label)}</>}>
        {result.sample.length
          ? `This is a first look at ${result.sample.length === 1 ? `one ${noun[0]}` : `${result.sample.length} ${noun[1]}`}; nothing is stored yet.`
          : `There is nothing in it yet. You can connect it all the same: later syncs pick up what appears.`}
      </Banner>
      {result.sample.length ? (
        <div className="overflow-hidden rounded-card border border-line">
          <table className="w-full table-fixed text-start text-sm">
            <thead className="bg-sunken text-muted">
              <tr>
                <th scope="col" className="px-3 py-2 text-start font-medium">
                  Found
                </th>
                {showTags ? (
                  <th scope="col" className="w-2/5 px-3 py-2 text-start font-medium">
                    Gets the tags
                  </th>
                ) : null}
              </tr>
            </thead>
            <tbody>
              {result.sample.map((item) => {
                const now = preview?.get(item.id);
                const tags = now ? now.tags : item.tags;
                return (
                  <tr key={item.id} className="border-t border-line align-top">
                    <td className="px-3 py-2">
                      <span className="font-mono text-[0.8125rem] break-all" dir="auto">
                        {inert(item.id)}
                      </span>
                      {item.bytes === null ? null : (
                        <span className="ms-2 text-muted tabular-nums">{bytes(item.bytes)}</span>
                      )}
                    </td>
                    {showTags ? (
                      <td className="px-3 py-2">
                        <TagCell
                          tags={tags ?? null}
                          why={now?.why ?? null}
                          known={now !== undefined}
                          ownTags={ownTags}
                        />
                      </td>
                    ) : null}
                  </tr>
                );
              })}
            </tbody>
          </table>
        </div>
      ) : null}
    </div>
  );
}

interface TagCellProps {
  readonly tags: readonly string[] | null;
  readonly why: string | null;
  /** a preview has spoken: null tags then mean "not stored" */
  readonly known: boolean;
  readonly ownTags: readonly string[];
}

function TagCell({ tags, why, known, ownTags }: TagCellProps) {
  if (tags?.length) return <Tags tags={tags} />;
  if (known && tags === null) return <span className="text-warn">Not stored{why ? `: ${why}` : ""}</span>;
  if (ownTags.length) return <Tags tags={ownTags} />;
  return <span className="text-muted">{why ?? "No tags"}</span>;
}
