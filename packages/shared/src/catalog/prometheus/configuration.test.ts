import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { parse } from "yaml";
import * as z from "zod";
import { configuration, rulesFile } from "./configuration.ts";
import { rules } from "./rules.ts";

const example = (name: string) => new URL(`../../../../../examples/prometheus/${name}`, import.meta.url).pathname;

test("the rules are those of the example, which has tests", async () => {
  await expect(rules).toMatchFileSnapshot(example("berth-rules.yml"));
});

test("the configuration is that of the example, but for where the controller and the rules are", () => {
  const schema = z.looseObject({
    rule_files: z.array(z.string()),
    scrape_configs: z.array(z.looseObject({ http_sd_configs: z.array(z.looseObject({ url: z.string() })) })),
  });
  const wanted = schema.parse(parse(readFileSync(example("prometheus.yml"), "utf8")));
  const found = schema.parse(parse(configuration));
  for (const job of wanted.scrape_configs) {
    for (const discovery of job.http_sd_configs)
      discovery.url = discovery.url.replace("10.0.6.1:8421", "${controller.address}:${controller.port}");
  }
  expect(found).toEqual({ ...wanted, rule_files: [rulesFile] });
});
