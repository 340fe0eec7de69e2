"use client";

import { useRouter } from "next/navigation";
import { notify } from "#lib/client/notices.ts";
import { useAction } from "#lib/client/use-action.ts";
import type { DoctorCheck, OAuthAppView } from "#lib/contract/oauth-app.ts";
import { Card, Section } from "#components/ui/card.tsx";
import type { OAuthAppActions } from "./actions.ts";
import { AppForm } from "./app-form.tsx";
import { DoctorPanel } from "./doctor-panel.tsx";
import { Notices } from "./notices.tsx";

interface AppAndDoctorProps {
  readonly app: OAuthAppView;
  readonly actions: OAuthAppActions;
}

/** The results may be below what is seen of the page. */
function tellProblems(checks: readonly DoctorCheck[]): void {
  const [first] = checks.filter(({ state }) => state === "problem");
  if (first) notify({ tone: "bad", title: "The set-up has a problem", detail: first.detail });
}

/** The form, and below it the checks, which run by themselves once after an app was saved. */
export function AppAndDoctor({ app, actions }: AppAndDoctorProps) {
  const router = useRouter();
  const checking = useAction(actions.check);
  // What the provider says of the app is shown at the top of the page, too.
  const onSettled = () => router.refresh();
  const check = () => checking.mutate({ provider: app.provider }, { onSettled });
  return (
    <>
      <Section id="enter" title={app.operator ? "2. Enter it here, if you want your own" : "2. Enter it here"}>
        <Card className="px-4 py-5 sm:px-5">
          <AppForm
            app={app}
            actions={actions}
            onChanged={({ source }) => {
              router.refresh();
              if (source === null) checking.reset();
              else checking.mutate({ provider: app.provider }, { onSuccess: tellProblems, onSettled });
            }}
          />
        </Card>
      </Section>
      <Section id="check" title="3. Check the set-up">
        <DoctorPanel
          provider={app.providerName}
          checks={checking.data}
          busy={checking.isPending}
          refusal={checking.error}
          onCheck={check}
        />
      </Section>
      {app.own?.notices ? (
        <Section
          id="notices"
          title="4. Be told of changes"
          note={`Optional: without it, ${app.providerName} is asked for changes on schedule.`}
        >
          <Notices app={app} notices={app.own.notices} actions={actions} />
        </Section>
      ) : null}
    </>
  );
}
