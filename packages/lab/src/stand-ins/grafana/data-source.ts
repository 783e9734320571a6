/** Asks Prometheus as Grafana's data source does: by POST, with its login. */
import * as z from "zod";
import { Refusal } from "../base/server.ts";
import type { DataSource } from "./provisioning.ts";

const patienceMilliseconds = 10_000;

const seriesSchema = z.object({ metric: z.record(z.string(), z.string()), value: z.tuple([z.number(), z.string()]) });
const answerSchema = z.object({ data: z.object({ resultType: z.literal("vector"), result: z.array(seriesSchema) }) });
const valuesSchema = z.object({ data: z.array(z.string()) });

export interface Series {
  labels: Record<string, string>;
  value: number;
}

/** The present value of each series. */
export async function queryNow(source: DataSource, expression: string): Promise<Series[]> {
  const { data } = answerSchema.parse(await ask(source, "/api/v1/query", { query: expression }));
  return data.result.map(({ metric, value }) => ({ labels: metric, value: Number(value[1]) }));
}

/** `label_values(metric, label)`, as a variable of a dashboard asks. */
export async function labelValues(source: DataSource, query: string): Promise<string[]> {
  const [, metric, label] = /^label_values\((\w+),\s*(\w+)\)$/.exec(query) ?? [];
  if (metric === undefined || label === undefined) throw new Refusal(400, `Not understood: ${query}`);
  const path = `/api/v1/label/${label}/values?${new URLSearchParams({ "match[]": metric }).toString()}`;
  return valuesSchema.parse(await ask(source, path)).data;
}

async function ask(source: DataSource, path: string, form?: Record<string, string>): Promise<unknown> {
  const { url, basicAuth, basicAuthUser = "", secureJsonData } = source;
  const login = `${basicAuthUser}:${secureJsonData?.basicAuthPassword ?? ""}`;
  const headers = basicAuth === true ? { authorization: `Basic ${Buffer.from(login).toString("base64")}` } : undefined;
  const response = await fetch(`${url}${path}`, {
    signal: AbortSignal.timeout(patienceMilliseconds),
    ...(headers === undefined ? {} : { headers }),
    ...(form === undefined ? {} : { method: "POST", body: new URLSearchParams(form) }),
  });
  const text = await response.text();
  if (!response.ok) throw new Refusal(502, `The data source answers ${response.status}: ${text.slice(0, 200)}`);
  return JSON.parse(text);
}
