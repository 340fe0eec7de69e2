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
}

/** What "Test connection" found: the account and a first look, or the exact cause and the way out. */
export function TestPanel({ result, preview, ownTags, showTags }: TestPanelProps) {
  if (!result.ok) {
    return (
      <Banner tone="bad" role="alert" title={result.message}>
        {result.fix}
      </Banner>
    );
  }
  const account = inert(result.account.label);
  return (
    <div className="space-y-3" role="status">
      <Banner tone="good" title={`Works: ${account}`}>
        {result.sample.length ? "Below is a first look at what is there." : `It answers as ${account}.`} Nothing is
        changed by this test.
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
                      <SampleName item={item} byId={showTags} />
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

type Sample = Extract<TestResult, { ok: true }>["sample"][number];

/** Keys that decide about tags, and addresses, are read by people; other ids say nothing to them. */
function SampleName({ item, byId }: { readonly item: Sample; readonly byId: boolean }) {
  const id = (
    <span className="font-mono text-[0.8125rem] break-all" dir="auto">
      {inert(item.id)}
    </span>
  );
  const title = inert(item.title);
  if (byId || !title || item.title === item.id) return id;
  return (
    <>
      <span className="break-words" dir="auto">
        {title}
      </span>
      {URL.canParse(item.id) ? <span className="block text-muted">{id}</span> : null}
    </>
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
