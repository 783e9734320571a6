/** What holds for every page: width, keyboard, themes, contrast, no movement. */
import { expect, it } from "vitest";
import { live, until, usePages } from "../test/page-harness.ts";
import { busyTenants, makeBusy } from "../test/stand-in/busy.ts";

const { open } = usePages();
const upkeepPaths = ["/tenants", "/tenants/user3", "/routes", "/backups", "/backups/user3", "/upgrades"];
const paths = ["/", "/nodes/user2", "/instances/user2-n8n", "/runs", "/runs/12"];
const phone = { viewport: { width: 360, height: 740 }, deviceScaleFactor: 2, isMobile: true, hasTouch: true };

it("fits a phone without scrolling sideways, whatever the names and whatever is being done", async () => {
  const long = "a".repeat(200);
  const { page, standIn, url } = await open({
    browser: phone,
    prepare: (api) => {
      const { instances, nodes } = api;
      for (let move = 0; move < 5; move += 1) api.advanceRun();
      Object.assign(instances.find((instance) => instance.name === "user2-n8n") ?? {}, { drift: [long] });
      Object.assign(instances[0] ?? {}, { name: long, version: long });
      Object.assign(nodes[1] ?? {}, { agentVersion: long, address: long });
    },
  });
  const running = standIn.scripted.run.steps.filter((step) => step.state === "running");
  expect(running.length).toBeGreaterThan(1);
  for (const path of [...paths, `/instances/${long}`]) {
    await page.goto(url + path);
    await live(page);
    await page.locator("main table, main .steps").first().waitFor();
    if (path === "/") await page.getByText(`and ${running.length - 1} more: ${running[0]?.progress}`).waitFor();
    expect([path, await page.evaluate(() => document.documentElement.scrollWidth)]).toEqual([path, 360]);
  }
});

it("fits a phone on the pages of tenants, routes, backups and upgrades, with long names and failures", async () => {
  const { page, url } = await open({ browser: phone, prepare: makeBusy });
  for (const path of [...upkeepPaths, `/tenants/${busyTenants.at(-1)}`]) {
    await page.goto(url + path);
    await live(page);
    await page.locator("main table").first().waitFor();
    const more = page.locator(".disclosure").first();
    if ((await more.count()) > 0) await more.click();
    expect([path, await page.evaluate(() => document.documentElement.scrollWidth)]).toEqual([path, 360]);
  }
});

it("cuts no number on a phone", async () => {
  const { page } = await open({ browser: phone });
  await page.locator(`[data-instance="user1-n8n"]`).getByText("% of 1.25 GiB").waitFor();
  const cut = await page.locator(".metric").evaluateAll((metrics) =>
    metrics
      .flatMap((metric) => {
        const { right, bottom } = metric.getBoundingClientRect();
        return [...metric.querySelectorAll(".value, .detail")].filter((number) => {
          const rect = number.getBoundingClientRect();
          return rect.right > right || rect.bottom > bottom;
        });
      })
      .map((number) => number.textContent),
  );
  expect(cut).toEqual([]);
});

it.each(["dark", "light"] as const)("has enough contrast for its text in %s", async (colorScheme) => {
  const { page, url } = await open({
    browser: { colorScheme },
    prepare: ({ instances }) => {
      for (const name of ["user2-flowise", "user2-n8n"]) {
        const changes = { state: "unhealthy", drift: ["environment"] };
        Object.assign(instances.find((instance) => instance.name === name) ?? {}, changes);
      }
    },
  });
  for (const path of paths) {
    await page.goto(url + path);
    await live(page);
    await page.locator("main table, main .steps").first().waitFor();
    expect([path, await page.evaluate(tooFaint)]).toEqual([path, []]);
  }
});

it.each(["dark", "light"] as const)(
  "has enough contrast where backups and upgrades fail, in %s",
  async (colorScheme) => {
    const { page, url } = await open({ browser: { colorScheme }, prepare: makeBusy });
    for (const path of upkeepPaths) {
      await page.goto(url + path);
      await live(page);
      await page.locator("main table").first().waitFor();
      const more = page.locator(".disclosure").first();
      if ((await more.count()) > 0) await more.click();
      expect([path, await page.evaluate(tooFaint)]).toEqual([path, []]);
    }
  },
);

it("moves nothing on the page of backups while their ages change", async () => {
  const { page, standIn } = await open({ path: "/backups", prepare: makeBusy });
  await live(page);
  await page.locator("tr[data-row]").first().waitFor();
  const moved = await page.evaluateHandle(watchMovement);
  const asked = () => standIn.asked.filter((call) => call === "GET /api/backups").length;
  const before = asked();
  standIn.changeInstance("user1-n8n", { state: "starting" });
  await until("the backups to be asked for anew", () => asked() > before);
  await page.waitForTimeout(1500);
  expect(await moved.jsonValue()).toEqual([]);
});

it("moves nothing while numbers change, and nothing when the connection is lost", async () => {
  const { page, standIn } = await open();
  await page.locator("[data-instance]").first().waitFor();
  await until("numbers in every cell", () => page.evaluate(hasNumbers));
  const moved = await page.evaluateHandle(watchMovement);
  standIn.down = true;
  standIn.cut();
  await page.getByTestId("stale-notice").waitFor();
  standIn.down = false;
  await page.getByTestId("stale-notice").waitFor({ state: "detached" });
  expect(await moved.jsonValue()).toEqual([]);
});

it("is used with the keyboard alone", async () => {
  const { page } = await open();
  await page.locator("[data-instance]").first().waitFor();
  const focused = () => page.evaluate(() => document.activeElement?.textContent?.trim());
  const tabTo = async (text: string) => {
    for (let press = 0; press < 60 && (await focused()) !== text; press += 1) await page.keyboard.press("Tab");
    expect(await focused()).toBe(text);
    const outline = await page.evaluate(() => getComputedStyle(document.activeElement ?? document.body).outlineStyle);
    expect(outline).toBe("solid");
  };
  await tabTo("user2-n8n");
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "user2-n8n", level: 1 }).waitFor();
  await until("focus on the heading", async () => (await focused()) === "user2-n8n");
  await tabTo("1 h");
  await page.keyboard.press("Space");
  expect(await page.getByRole("button", { name: "1 h" }).getAttribute("aria-pressed")).toBe("true");
  // To the live view, then to the page before.
  await page.goBack();
  await page.goBack();
  await page.getByRole("heading", { name: "valuechain" }).waitFor();
  await page.keyboard.press("Tab");
  await page.evaluate(() => document.querySelector<HTMLElement>(".skip")?.focus());
  await page.getByRole("link", { name: "Skip to the content" }).press("Enter");
  expect(new URL(page.url()).pathname).toBe("/");
});

it("follows the system's theme until another is chosen, and remembers that", async () => {
  const { page } = await open({ browser: { colorScheme: "light" } });
  await live(page);
  const scheme = () => page.evaluate(() => getComputedStyle(document.documentElement).colorScheme);
  expect(await scheme()).toBe("light");
  await page.getByLabel("Theme").selectOption("dark");
  expect(await scheme()).toBe("dark");
  await page.reload();
  await live(page);
  expect(await scheme()).toBe("dark");
  await page.getByLabel("Theme").selectOption("system");
  expect(await scheme()).toBe("light");
});

it("says so when there is no such page", async () => {
  const { page } = await open({ path: "/nowhere" });
  await page.getByRole("heading", { name: "No such page" }).waitFor();
  await page.getByRole("link", { name: "To the fleet" }).click();
  await page.getByRole("heading", { name: "valuechain" }).waitFor();
});

/** Whether a number stands in every cell, which waits for the first sample of its row. Runs in the page. */
function hasNumbers(): boolean {
  const values = [...document.querySelectorAll(".numbers .value")];
  return values.length > 0 && values.every((value) => /\d/.test(value.textContent ?? ""));
}

/** A list that grows by each element that moves, the notice over the page aside. Runs in the page. */
function watchMovement(): string[] {
  const moved: string[] = [];
  const note = ({ node, previousRect, currentRect }: MovedElement) => {
    const where = (rect: DOMRectReadOnly) => [rect.x, rect.y, rect.width, rect.height].map(Math.round).join(" ");
    const element = node instanceof Element ? node : node?.parentElement;
    if (element?.querySelector(".overlay") ?? element?.closest(".overlay")) return;
    moved.push(`${element?.outerHTML.slice(0, 100)}: ${where(previousRect)} -> ${where(currentRect)}`);
  };
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) {
      if ("sources" in entry && Array.isArray(entry.sources)) entry.sources.forEach(note);
    }
  }).observe({ type: "layout-shift" });
  return moved;
}

/** LayoutShiftAttribution, which TypeScript's library does not know. */
interface MovedElement {
  node: Node | null;
  previousRect: DOMRectReadOnly;
  currentRect: DOMRectReadOnly;
}

/** Texts on screen whose contrast to the ground behind them is below 4.5. Runs in the page. */
function tooFaint(): string[] {
  const parse = (colour: string) => (colour.match(/[\d.]+/g) ?? []).map(Number);
  const luminance = (rgb: number[]) => {
    const [red = 0, green = 0, blue = 0] = rgb.map((channel) => {
      const share = channel / 255;
      return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const ground = (element: Element | null): number[] => {
    for (let at = element; at; at = at.parentElement) {
      const [red = 0, green = 0, blue = 0, alpha = 1] = parse(getComputedStyle(at).backgroundColor);
      if (alpha > 0) return [red, green, blue];
    }
    return [255, 255, 255];
  };
  const faint: string[] = [];
  for (const element of document.querySelectorAll("#app *")) {
    const ownText = [...element.childNodes].some(
      (node) => node.nodeType === Node.TEXT_NODE && node.textContent?.trim(),
    );
    if (!ownText || element.closest(".visually-hidden")) continue;
    const [light, dark] = [luminance(parse(getComputedStyle(element).color).slice(0, 3)), luminance(ground(element))];
    const contrast = (Math.max(light, dark) + 0.05) / (Math.min(light, dark) + 0.05);
    if (contrast < 4.5) faint.push(`${element.textContent}: ${contrast.toFixed(2)}`);
  }
  return faint;
}
