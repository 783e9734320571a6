import type { Page } from "playwright-core";
import { expect, it } from "vitest";
import { usePages } from "../../test/page-harness.ts";

const { open } = usePages();

/** Words of each row, a string for each cell. */
async function rows(page: Page, table: string): Promise<string[][]> {
  const found = await page.locator(`.${table} tbody tr`).all();
  const cells = found.map(async (row) => row.locator("th, td").allInnerTexts());
  return (await Promise.all(cells)).map((texts) => texts.map((text) => text.replace(/\s+/g, " ").trim()));
}

it("shows each disk of a node, how full it is, and what does not answer", async () => {
  const { page } = await open({ path: "/nodes/shared" });
  await page.getByRole("heading", { name: "Disks" }).waitFor();
  expect(await rows(page, "disks")).toEqual([
    ["/", "40 %", "12.0 GiB of 30.0 GiB", "/dev/mapper/pve-vm--110--disk--0 ext4"],
    ["/mnt/models", "94 %", "187 GiB of 200 GiB", "/dev/mapper/pve-vm--110--disk--1 ext4"],
    ["/mnt/nas", "–", "does not answer", "10.0.6.9:/export/archive nfs4"],
    ["/srv/datasets", "34 %", "310 GiB of 900 GiB", "rpool/data/datasets zfs, read-only"],
    ["/var/lib/docker", "41 % 95 % of inodes", "41.0 GiB of 100 GiB", "/dev/mapper/pve-vm--110--disk--2 ext4"],
  ]);
  const share = await page.locator('.disks [data-row="/mnt/models"] .fill-bar').evaluate((bar) => {
    const drawn = bar.querySelector("rect")?.getBoundingClientRect().width ?? 0;
    return drawn / bar.getBoundingClientRect().width;
  });
  expect(share).toBeCloseTo(0.935, 2);
});

it("shows the largest volumes with whose they are, and how much the others are", async () => {
  const { page } = await open({ path: "/nodes/shared" });
  await page.getByRole("heading", { name: "Volumes" }).waitFor();
  const [first, ...others] = await rows(page, "volumes");
  expect(first).toEqual(["shared-postgres-data", "4.88 GiB", "shared-postgres", expect.stringMatching(/ ago$/)]);
  expect(others.map(([name]) => name)).toEqual(
    ["redis", "qdrant", "minio", "traefik"].map((service) => `shared-${service}-data`),
  );
  await page.getByText("9 smaller volumes more: 36.0 MiB.").waitFor();
  await page.getByRole("button", { name: "Show all" }).click();
  await expect.poll(async () => (await rows(page, "volumes")).length).toBe(14);
  const [anonymous, vast] = (await rows(page, "volumes")).slice(-2);
  expect(anonymous).toEqual(["0c1d0c1d0c1d…", "1.00 MiB", "none", expect.stringMatching(/ ago$/)]);
  expect(vast).toEqual(["shared-minio-vast", "–", "shared-minio", "not yet"]);
  await page.getByRole("link", { name: "shared-qdrant" }).last().click();
  await page.getByRole("heading", { name: "shared-qdrant", level: 1 }).waitFor();
  expect(await page.locator(".volume-sizes").innerText()).toMatch(/^1\.05 GiB\s+data$/);
});

it("says of when they are, of a node that is away", async () => {
  const { page, standIn } = await open({ path: "/nodes/user1" });
  await page.getByRole("heading", { name: "Disks" }).waitFor();
  const old = page.getByText(/^As told .* ago\.$/);
  expect(await old.count()).toBe(0);
  standIn.changeNode("user1", { state: "offline" });
  await old.waitFor();
});

it("shows none of a node that has told none", async () => {
  const { page } = await open({ path: "/nodes/user1", prepare: ({ upkeep }) => void (upkeep.disks = []) });
  await page.getByRole("heading", { name: "user1", level: 1 }).waitFor();
  await page.getByRole("heading", { name: "CPU" }).waitFor();
  expect(await page.getByRole("heading", { name: /Disks|Volumes/ }).count()).toBe(0);
});

it("says that not all of its containers are measured, for as long as that is so", async () => {
  const { page, standIn } = await open({ path: "/nodes/user1" });
  await page.getByRole("heading", { name: "Disks" }).waitFor();
  const notice = page.getByText("More than 1000 containers run on this node: 1000 of them are measured");
  expect(await notice.count()).toBe(0);
  standIn.changeNode("user1", { containersRunning: 1200 });
  await notice.waitFor();
  standIn.changeNode("user1", { containersRunning: undefined });
  await notice.waitFor({ state: "detached" });
});
