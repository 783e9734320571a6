import { expect, test } from "vitest";
import { parse } from "yaml";
import { catalog } from "../catalog/index.ts";
import { assembleFleet } from "./assemble.ts";
import { exportFleet } from "./export.ts";
import { changedWiki, wiki, wikiFleet } from "./testing/services.ts";

const wikiFile = { file: "services/wiki.yaml", text: wiki };
const shopFile = {
  file: "services/shop.yaml",
  text: changedWiki("name: wiki", "name: shop").replaceAll("310", "320"),
};

function stored(...services: (typeof wikiFile)[]): string {
  return assembleFleet({ file: "fleet.yaml", text: wikiFleet }, services, catalog).text;
}

test("what was put in comes out again", () => {
  expect(exportFleet(stored(wikiFile, shopFile), [wikiFile, shopFile], catalog)).toEqual({
    text: wikiFleet,
    differing: [],
  });
});

test("a service without a file, or with another definition in it, stays", () => {
  const { text, differing } = exportFleet(stored(wikiFile, shopFile), [wikiFile], catalog);
  expect({ text, differing }).toEqual({ text: stored(shopFile), differing: [] });
  const changed = { ...wikiFile, text: changedWiki("title: Wiki", "title: Pages") };
  expect(exportFleet(stored(wikiFile), [changed], catalog)).toEqual({ text: stored(wikiFile), differing: ["wiki"] });
  expect(exportFleet(stored(wikiFile), [{ ...wikiFile, text: "" }], catalog)).toEqual({
    text: stored(wikiFile),
    differing: [],
  });
});

test("what stands around it stays as it is", () => {
  const indented = wiki.replaceAll(/^(?=.)/gm, "    ");
  const text = `a: [1,2] # first\ncatalog: # own\n  wiki:\n${indented}# last\nb: 1\n`;
  expect(exportFleet(text, [wikiFile], catalog).text).toBe("a: [1,2] # first\n# last\nb: 1\n");
  const flow = `{"catalog": {"wiki": ${JSON.stringify(parse(wiki))}}, "b": 1}`;
  expect(parse(exportFleet(flow, [wikiFile], catalog).text)).toEqual({ b: 1 });
});
