import type { Page } from "playwright-core";
import { expect, it } from "vitest";
import { live, usePages } from "../../test/page-harness.ts";
import { makeBusy } from "../../test/stand-in/busy.ts";
import { gib, mib } from "../../test/stand-in/fleet.ts";

const { open } = usePages();

/** The words of a row, one string for each cell. */
async function cells(page: Page, row: string): Promise<string[]> {
  const texts = await page.locator(row).locator("th, td").allInnerTexts();
  return texts.map((text) => text.replace(/\s+/g, " ").trim());
}

it("shows every node and instance as the API tells them", async () => {
  const { page, standIn } = await open();
  await page.locator("[data-instance]").first().waitFor();
  for (const node of standIn.nodes) {
    const body = page.locator(`tbody[data-node="${node.name}"]`);
    expect(await cells(page, `tbody[data-node="${node.name}"] .node-row`)).toEqual(
      expect.arrayContaining([node.state, `${node.name} ${node.address}`, `agent ${node.agentVersion}`]),
    );
    const own = standIn.instances.filter((instance) => instance.node === node.name);
    expect(
      await body.locator("[data-instance]").evaluateAll((rows) => rows.map((row) => row.dataset.instance)),
    ).toEqual(own.map((instance) => instance.name));
  }
  for (const instance of standIn.instances) {
    const [state, name, version] = await cells(page, `[data-instance="${instance.name}"]`);
    expect([state, name, version]).toEqual([
      instance.state,
      `${instance.name} :${instance.ports[0]}`,
      instance.version,
    ]);
  }
  expect(standIn.instances).toHaveLength(14);
  await page.getByText("4 nodes online, 14 instances, all well.").waitFor();
});

it("shows the newest sample of each container in human units, and adds up those of one instance", async () => {
  const { page, standIn } = await open();
  await page.locator("[data-instance]").first().waitFor();
  await live(page);
  const containers = ["user2-openwebui", "user2-n8n", "user2-n8n-worker", "user2-flowise"];
  const instances = ["user2-openwebui", "user2-n8n", "user2-n8n", "user2-flowise"];
  standIn.mute = true;
  const row = (cores: number, memory: number) => [cores, memory, gib, 2048, 1024, 0, 5 * mib, 9];
  const batch = {
    node: "user2",
    containers: containers.map((name, index) => ({ name, instance: instances[index] ?? "" })),
    frames: [
      {
        at: Date.now() + 2000,
        node: [1.5, 3 * gib, 4 * gib, 0, 4096, 512, 0, 0, 15 * gib, 20 * gib],
        containers: [row(0.071, 512 * mib), row(0.25, 256 * mib), row(0.5, 128 * mib), null],
      },
    ],
  };
  standIn.mute = false;
  standIn.tell("samples", batch);
  standIn.mute = true;
  // Rows are painted over several frames.
  const shown = (selector: string, ...range: [number, number?]) =>
    expect.poll(async () => (await cells(page, selector)).slice(...range), { timeout: 10_000 });
  await shown(`[data-node="user2"] .node-row`, 3).toEqual([
    "1.50 of 2",
    "3.00 GiB 75 % of 4 GiB",
    "↓ 4.00 KiB/s ↑ 512 B/s",
    "15.0 GiB 75 % of 20 GiB",
  ]);
  await shown(`[data-instance="user2-openwebui"]`, 3).toEqual([
    "0.07",
    "512 MiB 50 % of 1 GiB",
    "↓ 2.00 KiB/s ↑ 1.00 KiB/s",
    "r 0 B/s w 5.00 MiB/s",
  ]);
  await shown(`[data-instance="user2-n8n"]`, 3, 5).toEqual(["0.75", "384 MiB 19 % of 2 GiB"]);
  await shown(`[data-instance="user2-flowise"]`, 3, 5).toEqual(["–", "–"]);
});

it("moves what changes, and puts what needs attention on top", async () => {
  const { page, standIn } = await open();
  const attention = page.getByRole("region", { name: "Attention" });
  await attention.getByText("all well").waitFor();
  await live(page);
  standIn.changeInstance("user1-flowise", { state: "unhealthy" });
  standIn.changeInstance("user1-n8n", { drift: ["environment: N8N_HOST"] });
  standIn.changeNode("shared", { state: "offline", lastSeen: new Date(Date.now() - 65_000).toISOString() });
  await attention.getByText("departs from its specification: environment: N8N_HOST").waitFor();
  expect(await attention.getByRole("listitem").allInnerTexts()).toEqual([
    expect.stringMatching(/^problem:\s+shared offline, last seen 1 min \d+ s ago; 5 instances on it$/),
    expect.stringMatching(/^problem:\s+user1-flowise is unhealthy$/),
    expect.stringMatching(/^warning:\s+user1-n8n departs/),
  ]);
  expect((await cells(page, `[data-instance="user1-flowise"]`))[0]).toBe("unhealthy");

  standIn.tell("instance.gone", { name: "user1-flowise" });
  await page.locator(`[data-instance="user1-flowise"]`).waitFor({ state: "detached" });
});

/** Nodes and instances in the order of their rows. */
function order(page: Page): Promise<string[]> {
  return page
    .locator(".fleet tr.node-row, .fleet tr[data-instance]")
    .evaluateAll((rows) => rows.map((row) => row.querySelector("th a")?.textContent ?? ""));
}

it("has what needs attention above the rest of the fleet's order, and back in its place when it is well", async () => {
  const { page, standIn, url } = await open();
  await live(page);
  await page.locator("[data-instance]").first().waitFor();
  const before = await order(page);
  expect(await page.getByRole("columnheader", { name: "State" }).getAttribute("aria-sort")).toBe("other");
  standIn.changeInstance("user1-n8n", { drift: ["environment: N8N_HOST"] });
  standIn.changeInstance("user1-flowise", { state: "unhealthy" });
  const lifted = ["user1-flowise", "user1-n8n"];
  const rest = before.filter((name) => !lifted.includes(name));
  await expect.poll(() => order(page)).toEqual([...lifted, ...rest]);
  expect((await cells(page, `[data-instance="user1-n8n"]`))[1]).toBe("user1-n8n :5678 on user1 drift");

  standIn.changeNode("user2", { state: "offline" });
  const ofNode = ["user2", "user2-openwebui", "user2-n8n", "user2-flowise"];
  await expect
    .poll(() => order(page))
    .toEqual([...ofNode, ...lifted, ...rest.filter((name) => !ofNode.includes(name))]);
  await page.getByRole("button", { name: "Name", exact: true }).click();
  await expect.poll(() => order(page)).toEqual(before);
  await page.goto(`${url}/`);
  standIn.changeNode("user2", { state: "online" });
  standIn.changeInstance("user1-n8n", { drift: [] });
  standIn.changeInstance("user1-flowise", { state: "healthy" });
  await expect.poll(() => order(page)).toEqual(before);
});

it("is sorted by what is measured with the keyboard, calmly, and a link shows the same", async () => {
  const { page, url } = await open();
  await live(page);
  await page.getByRole("button", { name: /^CPU/ }).focus();
  await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  await expect.poll(() => page.url()).toBe(`${url}/?sort=memory`);
  const head = page.getByRole("columnheader", { name: "Memory" });
  expect(await head.getAttribute("aria-sort")).toBe("descending");
  expect(await head.getByRole("button").evaluate((button) => button === document.activeElement)).toBe(true);
  // As the stand-in's containers use it, however busy they are.
  await expect
    .poll(() => order(page))
    .toEqual([
      ...["shared-postgres", "user2-n8n"],
      ...Array.from({ length: 10 }, () => expect.stringContaining("-")),
      ...["shared-traefik", "shared-redis", "shared"],
      ...Array.from({ length: 3 }, () => expect.stringMatching(/^user\d$/)),
    ]);

  await page.goto(`${url}/?sort=cpu`);
  await page.locator(`th[aria-sort="descending"]`, { hasText: "CPU" }).waitFor();
  await page.waitForTimeout(4000);
  const changes = await page.evaluate(async () => {
    const names = () =>
      [...document.querySelectorAll("[data-instance]")].map((row) => row.getAttribute("data-instance"));
    let [shown, count] = [names().join(), 0];
    for (const end = performance.now() + 11_000; performance.now() < end;) {
      await new Promise((resolve) => setTimeout(resolve, 100));
      const now = names().join();
      if (now !== shown) count += 1;
      shown = now;
    }
    return count;
  });
  // What they use is another each second.
  expect([1, 2]).toContain(changes);
});

it("offers a list of orders where there is no room for all heads", async () => {
  const { page, url } = await open({ browser: { viewport: { width: 390, height: 844 } } });
  await page.getByRole("combobox", { name: "Sorted by" }).selectOption("network");
  await expect.poll(() => page.url()).toBe(`${url}/?sort=network`);
  await page.goBack();
  await expect.poll(() => page.getByRole("combobox", { name: "Sorted by" }).inputValue()).toBe("attention");
});

it("takes what a run has yet to make for work, not for an alarm, until the run fails", async () => {
  const { page, standIn } = await open({
    prepare: (api) => {
      for (const instance of api.instances.filter(({ node }) => node === "user3")) {
        Object.assign(instance, { state: "missing", containers: [] });
      }
      Object.assign(api.nodes.find(({ name }) => name === "user3") ?? {}, { state: "absent" });
      api.advanceRun();
    },
  });
  const attention = page.getByRole("region", { name: "Attention" });
  await attention
    .getByText("3 of 4 nodes online, 11 of 14 instances healthy. Run 12 is at work on 1 node and 3 instances.")
    .waitFor();
  expect((await cells(page, `[data-node="user3"] .node-row`))[0]).toBe("pending");
  expect((await cells(page, `[data-instance="user3-n8n"]`))[0]).toBe("pending");
  await page.getByText("create database user3_n8n", { exact: false }).waitFor();

  standIn.scripted.fail(Date.now());
  standIn.tell("run", standIn.scripted.run);
  await attention.getByText("user3 does not exist; 3 instances on it").waitFor();
  expect((await cells(page, `[data-instance="user3-n8n"]`))[0]).toBe("missing");
});

it("greys out a node whose samples stopped, and only that one", async () => {
  const { page, standIn } = await open();
  await page.locator("[data-instance]").first().waitFor();
  const node = standIn.nodes.splice(2, 1)[0];
  expect(node?.name).toBe("user2");
  await page.locator(`tbody.stale[data-node="user2"]`).waitFor();
  await page
    .locator(`[data-node="user2"]`)
    .getByText(/^no samples for \d+ s$/)
    .waitFor();
  await expect.poll(() => page.locator("tbody.stale").count(), { timeout: 30_000 }).toBe(1);
});

it("shows markup in names as text", async () => {
  const name = `<img src=x onerror="document.title='owned'">`;
  const { page } = await open({
    prepare: (api) => {
      const [first] = api.instances;
      if (first) Object.assign(first, { name, drift: [`<script>document.title='owned'</script>`] });
    },
  });
  await page.getByRole("link", { name }).first().waitFor();
  expect(await page.locator("#app img, #app script").count()).toBe(0);
  await page.locator(".fleet").getByRole("link", { name }).click();
  await page.getByRole("heading", { name, level: 1 }).waitFor();
  expect(await page.title()).toBe(`${name} – Berth`);
});

it("writes numbers as they come without rendering rows anew", async () => {
  const { page } = await open();
  await page.locator("[data-instance]").first().waitFor();
  const changed = await page.evaluate(async () => {
    const places = new Set<string>();
    const observer = new MutationObserver((records) => {
      for (const { target } of records)
        if (target instanceof Element) places.add(target.getAttribute("class") ?? target.tagName);
    });
    const table = document.querySelector(".fleet");
    if (!table) throw new Error("no table");
    observer.observe(table, { childList: true, subtree: true, attributes: true });
    await new Promise((resolve) => setTimeout(resolve, 3500));
    return [...places].toSorted();
  });
  expect(changed).toEqual(["detail", "sparkline-area", "sparkline-line", "value"]);
});

it("has the numbers of rows that were never in view, for who listens or searches, and the last known ones", async () => {
  const { page, standIn } = await open({ prepare: makeBusy });
  await live(page);
  const last = page.locator(`[data-instance="${standIn.instances.at(-1)?.name}"]`);
  const numbers = () => last.locator(".value").evaluateAll((all) => all.map((value) => value.textContent));
  expect(await last.evaluate((row) => row.getBoundingClientRect().top > innerHeight + 64)).toBe(true);
  const measured = [/^\d/, /^\d.* MiB$/, /^↓ \d/, /^r \d/].map((pattern) => expect.stringMatching(pattern));
  await expect.poll(numbers).toEqual(measured);
  const before = await numbers();
  await expect.poll(numbers, { timeout: 15_000 }).not.toEqual(before);
});

it("asks again for the steps of the run that goes on when they could not be had", async () => {
  let isAway = true;
  const { page, standIn } = await open();
  await page.route("**/api/runs/12", (route) => (isAway ? route.abort() : route.continue()));
  await page.reload();
  await live(page);
  const current = page.getByRole("region", { name: "Current run" });
  await current.getByText("waiting for its next step").waitFor();
  isAway = false;
  // Told every so often, as of a run whose steps go on.
  const telling = setInterval(() => standIn.advanceRun(), 200);
  try {
    await current.getByText(/^(create|pull|make) .*: /).waitFor();
  } finally {
    clearInterval(telling);
  }
  expect(standIn.asked.filter((call) => call === "GET /api/runs/12").length).toBeLessThan(4);
});

it("tells of a run that failed until somebody has opened it, whatever ran after it", async () => {
  const { page } = await open({
    prepare: ({ scripted, pastRuns }) => {
      scripted.advance(Date.now());
      scripted.fail(Date.now());
      const [later] = pastRuns;
      if (later) pastRuns.unshift({ ...later, id: 13, kind: "instance.restart" });
    },
  });
  const attention = page.getByRole("region", { name: "Attention" });
  await attention.getByText(/^Run 12 failed: /).waitFor();
  await attention.getByRole("link", { name: "Run 12" }).click();
  await page.getByRole("heading", { name: "Steps", exact: true }).waitFor();
  await page.getByRole("link", { name: "Berth" }).click();
  for (const look of [() => Promise.resolve(), () => page.reload()]) {
    await look();
    await live(page);
    await page.getByText("14 instances, all well.").waitFor();
    expect(await attention.getByText("Run 12").count()).toBe(0);
  }
});
