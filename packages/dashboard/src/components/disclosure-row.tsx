import type { ComponentChildren, JSX } from "preact";
import { useId, useState } from "preact/hooks";

interface DisclosureRowProps {
  /** Cells of the row; the last one is the button's. */
  cells: ComponentChildren;
  columns: number;
  /** What the button shows, such as "5 parts"; undefined: there is nothing to show. */
  label: string | undefined;
  /** What it is about, for whoever only hears the button. */
  about: string;
  /** Built only while it is shown. */
  details: () => JSX.Element;
  name: string;
}

/** A row of a table with more below it, shown on demand. */
export function DisclosureRow({ cells, columns, label, about, details, name }: DisclosureRowProps): JSX.Element {
  const id = useId();
  const [open, setOpen] = useState(false);
  const isOpen = open && label !== undefined;
  return (
    <>
      <tr data-row={name} class={isOpen ? "open" : ""}>
        {cells}
        <td class="column-more">
          {label !== undefined && (
            <button
              type="button"
              class="small disclosure"
              aria-expanded={isOpen}
              aria-controls={id}
              aria-label={`${label} of ${about}`}
              onClick={() => setOpen(!open)}
            >
              {label}
            </button>
          )}
        </td>
      </tr>
      {isOpen && (
        <tr id={id} class="details">
          <td colSpan={columns}>{details()}</td>
        </tr>
      )}
    </>
  );
}
