/** In which order the fleet's tests run: where time runs out (`berth test --within`), what matters most has run. */
import { BaseSequencer, type TestSpecification } from "vitest/node";

const order = [
  "converging",
  "refusing",
  "attacking",
  "strangers",
  "secrets",
  "commands",
  "monitoring",
  "mending",
  "upgrading",
  "tenants",
  "backing-up",
  "rolling-n8n",
  "rolling",
  "losing-controller",
  "killing",
  "losing",
  "rolling-control",
  "restoring-beside",
  "changing",
  "rolling-killing",
  "backing-up-killing",
].map((name) => `/fleet/${name}.test.ts`);

export class FleetOrder extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    // oxlint-disable-next-line unicorn/no-array-sort -- a sequencer's method, not an array's
    const usual = await super.sort(files);
    return usual.toSorted((one, other) => rank(one) - rank(other));
  }
}

/** Files that are not listed come first, in the order that they had. */
function rank({ moduleId }: TestSpecification): number {
  return order.findIndex((ending) => moduleId.endsWith(ending));
}
