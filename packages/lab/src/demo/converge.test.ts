import { expect, it } from "vitest";
import { chooseSource } from "./converge.ts";

const example = "examples/valuechain/fleet.yaml";
const fleet = (memory: string): string => `fleet: small
domain: example.org
controller: { address: 10.0.6.1 }
nodes:
  shared: { address: 10.0.6.10 }
services:
  shared:
    redis: { node: shared, memory: ${memory} }
`;

it("applies the example at first, and again while nobody has changed the fleet", () => {
  const first = chooseSource({ file: undefined, example }, fleet("1GiB"), undefined);
  expect(first).toEqual({ file: example, text: fleet("1GiB"), notice: undefined });
  const again = chooseSource({ file: undefined, example }, fleet("1GiB"), `# kept\n${fleet("1024MiB")}`);
  expect(again).toMatchObject({ file: example, notice: undefined });
});

it("leaves a fleet that was changed as it is, and says how to change it back", () => {
  const changed = chooseSource({ file: undefined, example }, fleet("1GiB"), fleet("2GiB"));
  expect(changed).toMatchObject({ file: "-", text: fleet("2GiB") });
  expect(changed.notice).toContain(`./berth apply ${example}`);
});

it("applies a file that was asked for, and says so before it changes the fleet", () => {
  const asked = { file: "my/fleet.yaml", example };
  expect(chooseSource(asked, fleet("1GiB"), undefined).notice).toBeUndefined();
  expect(chooseSource(asked, fleet("1GiB"), fleet("1GiB")).notice).toBeUndefined();
  const other = chooseSource(asked, fleet("1GiB"), fleet("2GiB"));
  expect(other.file).toBe("my/fleet.yaml");
  expect(other.notice).toContain("not as my/fleet.yaml says");
});
