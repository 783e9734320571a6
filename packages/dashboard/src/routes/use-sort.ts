import { useStore } from "../store.ts";
import { search, setSearch } from "./location.ts";

export interface Sort<Order extends string> {
  by: Order;
  sortBy: (order: string) => void;
}

/** By what a table is sorted, as the address says: `?sort=cpu`; nothing for the first, which a page begins with. */
export function useSort<Order extends string>(orders: readonly [Order, ...Order[]]): Sort<Order> {
  const text = useStore(search, (value) => value);
  const named = new URLSearchParams(text).get("sort");
  return {
    by: orders.find((order) => order === named) ?? orders[0],
    sortBy: (order) => setSearch(order === orders[0] ? "" : `?sort=${order}`),
  };
}
