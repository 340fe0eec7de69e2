import { CircleAlert, CircleCheck, CircleHelp } from "lucide-react";
import type { Refusal } from "#lib/client/refusal.ts";
import type { DoctorCheck } from "#lib/contract/oauth-app.ts";
import { Banner } from "#components/ui/banner.tsx";
import { Button } from "#components/ui/button.tsx";
import { cx } from "#components/ui/cx.ts";

interface DoctorPanelProps {
  readonly provider: string;
  readonly checks: readonly DoctorCheck[] | undefined;
  readonly busy: boolean;
  readonly refusal: Refusal | null;
  readonly onCheck: () => void;
}

const looks = {
  ok: { Icon: CircleCheck, ink: "text-good", word: "Fine" },
  problem: { Icon: CircleAlert, ink: "text-bad", word: "Problem" },
  unknown: { Icon: CircleHelp, ink: "text-muted", word: "Cannot be seen from here" },
} as const;

/** Checks the set-up when asked, and says of each part what was seen and what to do. */
export function DoctorPanel({ provider, checks, busy, refusal, onCheck }: DoctorPanelProps) {
  return (
    <div className="rounded-card border border-line bg-surface">
      <div className="flex flex-wrap items-center justify-between gap-x-4 gap-y-3 px-4 py-4 sm:px-5">
        <p className="min-w-0 flex-1 basis-60 text-sm text-muted" role="status">
          {busy
            ? `Asking ${provider}… this takes up to 15 seconds.`
            : checks
              ? summary(checks)
              : "Tries the addresses, the client id and the secret. Nothing is read and nothing is changed."}
        </p>
        <Button busy={busy} onClick={onCheck}>
          {checks ? "Check again" : "Check now"}
        </Button>
      </div>
      {refusal ? (
        <Banner tone="bad" role="alert" className="mx-4 mb-4 sm:mx-5" title={refusal.message}>
          {refusal.fix}
        </Banner>
      ) : null}
      {checks ? (
        <ul
          aria-label="Results"
          className={cx("divide-y divide-line border-t border-line transition-opacity", busy && "opacity-50")}
        >
          {checks.map((check) => (
            <CheckRow key={check.id} check={check} />
          ))}
        </ul>
      ) : null}
    </div>
  );
}

function CheckRow({ check }: { readonly check: DoctorCheck }) {
  const { Icon, ink, word } = looks[check.state];
  return (
    <li className="flex gap-3 px-4 py-3.5 sm:px-5" data-check={check.id} data-state={check.state}>
      <Icon aria-hidden className={cx("mt-0.5 size-5 shrink-0", ink)} />
      <div className="min-w-0 text-sm">
        <p className="font-medium">
          {check.title}
          <span className={cx("ms-2 text-2xs font-normal", ink)}>{word}</span>
        </p>
        <p className="text-muted">{check.detail}</p>
        {check.fix ? <p className="mt-1">{check.fix}</p> : null}
      </div>
    </li>
  );
}

function summary(checks: readonly DoctorCheck[]): string {
  const count = (state: DoctorCheck["state"]) => checks.filter((check) => check.state === state).length;
  const [problems, unknown] = [count("problem"), count("unknown")];
  const rest = unknown === 0 ? "" : ` ${unknown} cannot be seen from here.`;
  if (problems === 0) return `No problem found: ${count("ok")} of ${checks.length} are fine.${rest}`;
  return `${problems === 1 ? "1 problem" : `${problems} problems`} found.${rest}`;
}
