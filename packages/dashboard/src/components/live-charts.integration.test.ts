import type { Page } from "playwright-core";
import { expect, it } from "vitest";
import { live, usePages } from "../../test/page-harness.ts";

const { open } = usePages();

const chartOf = (page: Page, title = "CPU") => page.getByRole("region", { name: title, exact: true });
const momentOf = (page: Page) => chartOf(page).locator(".moment");

/** Whether a curve is drawn in tenths of the chart's width, from the left. */
async function drawn(page: Page): Promise<boolean[]> {
  return chartOf(page)
    .locator("canvas")
    .evaluate((canvas: HTMLCanvasElement) => {
      const over = canvas.parentElement?.querySelector<HTMLElement>(".u-over");
      const context = canvas.getContext("2d");
      if (!over || !context) throw new Error("The chart is not drawn");
      const scale = canvas.width / canvas.clientWidth;
      const { data } = context.getImageData(0, 0, canvas.width, Math.floor(canvas.height * 0.85));
      const isBlue = (at: number) => (data[at + 2] ?? 0) - (data[at] ?? 0) > 60 && (data[at + 3] ?? 0) > 100;
      const isDrawn = new Set<number>();
      for (let pixel = 0; pixel < data.length / 4; pixel += 1) {
        const x = (pixel % canvas.width) / scale - over.offsetLeft;
        if (isBlue(pixel * 4)) isDrawn.add(Math.floor((x / over.clientWidth) * 10));
      }
      return Array.from({ length: 10 }, (_, tenth) => isDrawn.has(tenth));
    });
}

it("says how old the values of a node are that is offline, and draws nothing of the time since", async () => {
  const lastSeen = new Date(Date.now() - 6.5 * 60_000).toISOString();
  const { page } = await open({
    path: "/nodes/user1",
    prepare: ({ nodes }) =>
      Object.assign(nodes.find(({ name }) => name === "user1") ?? {}, { state: "offline", lastSeen }),
  });
  await momentOf(page)
    .getByText(/^6 min \d+ s ago$/)
    .waitFor();
  const opacity = await chartOf(page)
    .locator(".value")
    .first()
    .evaluate((element) => getComputedStyle(element).opacity);
  expect(Number(opacity)).toBeLessThan(1);
  // Eight and a half of fifteen minutes.
  expect(await drawn(page)).toEqual([true, true, true, true, true, true, false, false, false, false]);
  const before = await momentOf(page).innerText();
  await expect.poll(() => momentOf(page).innerText(), { timeout: 12_000 }).not.toBe(before);
});

it("says now while samples come, up to the right edge", async () => {
  const { page } = await open({ path: "/nodes/user1" });
  await live(page);
  await momentOf(page).getByText("now").waitFor();
  await chartOf(page).locator(".value").first().getByText(/^\d/).waitFor();
  expect(await drawn(page)).toEqual(Array.from({ length: 10 }, () => true));
});

it("shows a chart of what there is seldom as soon as there is some", async () => {
  const { page, standIn } = await open({ path: "/nodes/user1" });
  await live(page);
  await chartOf(page).locator(".value").first().getByText(/^\d/).waitFor();
  expect(await chartOf(page, "Pressure").count()).toBe(0);
  const node = [...Array.from({ length: 10 }, () => 1), 0.4, 0, 0, 0];
  standIn.tell("samples", { node: "user1", containers: [], frames: [{ at: Date.now() + 500, node, containers: [] }] });
  await chartOf(page, "Pressure").waitFor();
  expect(await chartOf(page, "Load").count()).toBe(0);
});
