/**
 * How long it takes to upgrade twelve instances, one first and then four at a time, against the longest chain of waits that
 * the gates make necessary: of each batch, the instance that was away for longest, and then its probation.
 * Open WebUI is the stand-in, which starts in a moment. The twelve LXCs stay until the lab goes, so this comes last.
 */
import { listUpgrades, type InstanceMove } from "@berth/shared/api/upgrades";
import { BerthError } from "@berth/shared/errors";
import { type Bench, seconds } from "./fleet.ts";
import { applyMany } from "./fleets.ts";
import { result, type BenchmarkResult } from "./result.ts";

const instanceCount = 12;
const batch = 4;
const minHealthySeconds = 10;
const [from, to] = ["v0.11.1", "v0.11.2"];

export async function benchmarkUpgradeBatches({ fleet: open, say }: Bench): Promise<BenchmarkResult[]> {
  const fleet = await open();
  say(`upgrade-batches: ${instanceCount} tenants with an Open WebUI each, on LXCs of their own`);
  await applyMany(fleet, from, instanceCount);
  say(`upgrade-batches: they are upgraded, ${batch} at a time`);
  const begun = performance.now();
  const options = ["--batch", String(batch), "--min-healthy", `${minHealthySeconds}s`, "--no-backup"];
  await fleet.berth(["upgrade", "openwebui", "--to", to, ...options]);
  const took = performance.now() - begun;
  const { upgrades } = listUpgrades.response.parse(JSON.parse(await fleet.berth(["upgrade", "list", "--json"])));
  const moves = upgrades[0]?.instances ?? [];
  if (moves.length !== instanceCount || moves.some(({ outcome }) => outcome !== "upgraded")) {
    throw new BerthError("lab.failed", `Not all of the ${instanceCount} instances were upgraded`);
  }
  const chain = longestChain(moves);
  return [
    result({
      name: "upgrade-batches",
      value: took / chain,
      unit: "× what the gates demand",
      goal: 1.15,
      better: "lower",
      detail: `${instanceCount} instances, one and then ${batch} at a time, each ${minHealthySeconds} s on probation: Berth ${seconds(took)}, gates ${seconds(chain)}`,
    }),
  ];
}

/** Milliseconds. */
function longestChain(moves: readonly InstanceMove[]): number {
  const batches = [moves.slice(0, 1)];
  for (let begin = 1; begin < moves.length; begin += batch) batches.push(moves.slice(begin, begin + batch));
  return batches.reduce((sum, members) => {
    const gaps = members.map(({ gapMilliseconds }) => gapMilliseconds ?? 0);
    return sum + Math.max(...gaps) + minHealthySeconds * 1000;
  }, 0);
}
