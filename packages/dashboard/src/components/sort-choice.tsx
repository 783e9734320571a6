import type { JSX } from "preact";
import type { Sorting } from "./table-head.tsx";

interface SortChoiceProps extends Sorting {
  orders: readonly string[];
}

/** The heads of a table once more, for where there is no room for all of them. */
export function SortChoice({ orders, by, onSort }: SortChoiceProps): JSX.Element {
  return (
    <label class="sort-choice secondary">
      Sorted by{" "}
      <select value={by} onChange={(event) => onSort(event.currentTarget.value)}>
        {orders.map((order) => (
          <option key={order} value={order}>
            {order === "cpu" ? "CPU" : order}
          </option>
        ))}
      </select>
    </label>
  );
}
