"use client";

import { useMemo, useState } from "react";
import type { ConnectPageView } from "#lib/contract/connect-page.ts";
import type { ChosenView } from "#lib/contract/views.ts";
import { patientApi } from "#lib/client/console-api.ts";
import { inert } from "#lib/client/format.ts";
import { resourceLoader } from "#lib/client/resources.ts";
import { ResourcePicker } from "#components/connect/resource-picker.tsx";
import { Button } from "#components/ui/button.tsx";
import { FlowHeading } from "./flow-heading.tsx";
import { GoProblemBanner } from "./go-problem.tsx";
import { useGo, type Go, type GoProblem } from "./use-go.ts";

interface ChooseFlowProps {
  readonly token: string;
  readonly view: ConnectPageView;
  readonly choose: Go<{ token: string; chosen: ChosenView[] }>;
}

/** The last step: nothing is read before something is chosen. */
export function ChooseFlow({ token, view, choose }: ChooseFlowProps) {
  const [chosen, setChosen] = useState<readonly ChosenView[]>([]);
  const [empty, setEmpty] = useState<GoProblem | null>(null);
  const { go, busy, problem } = useGo();
  const load = useMemo(
    () =>
      resourceLoader((query, signal) =>
        patientApi.call("GET /connect/choose/{token}/resources", { params: { token }, query, signal }),
      ),
    [token],
  );
  const save = () => {
    if (chosen.length === 0) return setEmpty({ title: "Choose at least one file or folder.", fix: undefined });
    void go("choose", choose, { token, chosen: chosen.map(({ id, name, kind }) => ({ id, name, kind })) });
  };
  return (
    <>
      <FlowHeading provider={view.provider.id} title="Choose what to sync" />
      <p className="mt-2 mb-6 max-w-[64ch] text-muted">
        {view.account === null ? "Your account" : inert(view.account)} is connected. {inert(view.organization)} reads
        only what you choose here; folders with everything in them, also what is added later.
      </p>
      {/* what has the focus must not lie behind the bar */}
      <div className="[&_:is(input,button)]:scroll-mb-40">
        <ResourcePicker
          load={load}
          chosen={chosen}
          onChange={(next) => {
            setEmpty(null);
            setChosen(next);
          }}
        />
      </div>
      <div className="sticky bottom-0 -mx-6 -mb-6 mt-6 rounded-b-card border-t border-line bg-surface px-6 py-4 sm:-mx-8 sm:-mb-8 sm:px-8">
        <GoProblemBanner problem={empty ?? problem} />
        <div className="flex flex-wrap items-center gap-x-4 gap-y-2">
          <Button tone="primary" className="max-sm:w-full" busy={busy !== null} onClick={save}>
            Save and start syncing
          </Button>
          <p role="status" className="text-sm text-muted">
            {chosen.length === 0 ? "Nothing chosen yet." : `${chosen.length} chosen.`}
            {view.destination === null ? null : ` Afterwards you go to ${view.destination.host}.`}
          </p>
        </div>
      </div>
    </>
  );
}
