import type { ReferenceField } from "#lib/contract/reference-view.ts";
import { cx } from "#components/ui/cx.ts";
import { Words } from "./words.tsx";

interface FieldTableProps {
  readonly label: string;
  readonly fields: readonly ReferenceField[];
  /** replies always have what is not optional; only requests say what they must have */
  readonly asked?: boolean;
}

const indents = ["ps-0", "ps-4", "ps-8", "ps-12", "ps-16", "ps-20"];

/** Fields one below the other, what is within one indented below it. */
export function FieldTable({ label, fields, asked = false }: FieldTableProps) {
  return (
    <table className="w-full table-fixed border-collapse text-sm">
      <caption className="sr-only">{label}</caption>
      <thead className="sr-only">
        <tr>
          <th scope="col">Field</th>
          <th scope="col">What it is</th>
        </tr>
      </thead>
      <tbody>
        {fields.map((field, i) => (
          <Row key={i} field={field} asked={asked} />
        ))}
      </tbody>
    </table>
  );
}

function Row({ field, asked }: { readonly field: ReferenceField; readonly asked: boolean }) {
  const indent = indents[Math.min(field.depth, indents.length - 1)];
  if (field.type === "")
    return (
      <tr className="border-t border-line align-top">
        <th scope="colgroup" colSpan={2} className={cx("py-2 text-start font-semibold", indent)}>
          {field.name}
          {field.description ? (
            <span className="ms-2 font-normal text-muted">
              <Words text={field.description} />
            </span>
          ) : null}
        </th>
      </tr>
    );
  return (
    <tr className="border-t border-line align-top">
      <th scope="row" className={cx("w-[40%] py-2 pe-3 text-start font-normal", indent)}>
        <code className="font-mono text-[0.8125rem] font-medium [overflow-wrap:anywhere]">{field.name}</code>
        {asked && field.required ? <span className="ms-1.5 text-2xs font-medium text-bad">required</span> : null}
        <span className="block font-mono text-2xs text-muted [overflow-wrap:anywhere]">{field.type}</span>
      </th>
      <td className="py-2">
        <Words text={field.description} />
        {field.limits.length > 0 ? (
          <span className="block text-2xs text-muted">
            <Words text={sentence(field.limits)} />
          </span>
        ) : null}
      </td>
    </tr>
  );
}

function sentence(limits: readonly string[]): string {
  const text = limits.join("; ");
  return text.charAt(0).toUpperCase() + text.slice(1);
}
