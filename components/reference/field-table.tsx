import type { ReferenceField } from "#lib/contract/reference-view.ts";
import { Words } from "./words.tsx";

interface FieldTableProps {
  readonly label: string;
  readonly fields: readonly ReferenceField[];
  /** replies always have what is not optional; only requests say what they must have */
  readonly asked?: boolean;
}

/** Fields one below the other, what is within one indented below it. How they look: app/reference/reference.css. */
export function FieldTable({ label, fields, asked = false }: FieldTableProps) {
  return (
    <table className="fields">
      <caption className="sr-only">{label}</caption>
      <tbody>
        {fields.map((field, i) => (
          <Row key={i} field={field} asked={asked} />
        ))}
      </tbody>
    </table>
  );
}

function Row({ field, asked }: { readonly field: ReferenceField; readonly asked: boolean }) {
  const { name, depth, type, required, description, limits } = field;
  if (type === "")
    return (
      <tr data-depth={depth || undefined}>
        <th scope="colgroup" colSpan={2}>
          {name}
          {description ? (
            <small>
              <Words text={description} />
            </small>
          ) : null}
        </th>
      </tr>
    );
  return (
    <tr data-depth={depth || undefined}>
      <th scope="row">
        <b>{name}</b>
        {asked && required ? <em>required</em> : null}
        <small>{type}</small>
      </th>
      <td>
        <Words text={description} />
        {limits.length > 0 ? (
          <small>
            <Words text={sentence(limits)} />
          </small>
        ) : null}
      </td>
    </tr>
  );
}

function sentence(limits: readonly string[]): string {
  const text = limits.join("; ");
  return text.charAt(0).toUpperCase() + text.slice(1);
}
