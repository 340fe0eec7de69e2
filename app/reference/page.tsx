import type { Metadata } from "next";
import type { ReferenceGroup } from "#lib/contract/reference-view.ts";
import { readReference } from "#lib/server/reference.ts";
import { Contents, type ContentsGroup } from "#components/reference/contents.tsx";
import { Introduction } from "#components/reference/introduction.tsx";
import { OlderPaths } from "#components/reference/older-paths.tsx";
import { OperationSection } from "#components/reference/operation-section.tsx";

export const metadata: Metadata = {
  title: "API reference",
  description: "Every operation of this server's API, with examples that run as they are.",
};

const anchorOf = (tag: string): string => `tag-${tag.toLowerCase()}`;

export default function ReferencePage() {
  const { origin, groups, older } = readReference();
  return (
    <div className="mx-auto max-w-[100rem] gap-x-10 px-4 sm:px-6 lg:grid lg:grid-cols-[16rem_minmax(0,1fr)]">
      <div className="pt-6 lg:sticky lg:top-0 lg:h-dvh lg:overflow-y-auto lg:pb-10">
        <Contents groups={groups.map(contentsOf)} />
      </div>
      <main id="main" tabIndex={-1} className="reference min-w-0 pt-8 pb-24">
        <Introduction origin={origin} />
        {groups.map((group) => (
          <section key={group.tag} id={anchorOf(group.tag)} aria-labelledby={`${anchorOf(group.tag)}-title`}>
            <div className="border-t border-line pt-8 pb-6">
              <h2 id={`${anchorOf(group.tag)}-title`} className="text-xl font-semibold">
                {group.tag}
              </h2>
              <p className="mt-1 text-muted">{group.description}</p>
            </div>
            {group.operations.map((operation) => (
              <OperationSection key={operation.id} operation={operation} />
            ))}
          </section>
        ))}
        <OlderPaths id="older-paths" paths={older} />
      </main>
    </div>
  );
}

function contentsOf({ tag, operations }: ReferenceGroup): ContentsGroup {
  return {
    anchor: anchorOf(tag),
    tag,
    entries: operations.map(({ id, method, path, summary, body, parameters }) => ({
      anchor: id,
      method,
      summary,
      words: [method, path, summary, id, ...parameters.map((p) => p.name), ...(body?.fields ?? []).map((f) => f.name)]
        .join(" ")
        .toLowerCase(),
    })),
  };
}
