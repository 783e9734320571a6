/** One HTTPS POST to the controller, verified with its CA alone. */
import { request } from "node:https";
import { BerthError, type ErrorCode, errorCatalogue } from "@berth/shared/errors";
import * as z from "zod";

const requestMilliseconds = 30_000;
const longestAnswer = 64 * 1024;

const errorBodySchema = z.object({
  error: z.object({ code: z.string(), message: z.string(), hint: z.string().optional() }),
});

/** The JSON answer; an error of the controller comes back as the BerthError it is. */
export async function postJson(url: URL, ca: string, body: unknown): Promise<unknown> {
  const { promise, resolve, reject } = Promise.withResolvers<{ status: number; text: string }>();
  const content = JSON.stringify(body);
  const headers = { "content-type": "application/json", "content-length": Buffer.byteLength(content) };
  const signal = AbortSignal.timeout(requestMilliseconds);
  const sending = request(url, { method: "POST", ca, minVersion: "TLSv1.3", headers, signal }, (response) => {
    let text = "";
    response.setEncoding("utf8");
    response.on("data", (chunk: string) => {
      text += chunk;
      if (text.length > longestAnswer) response.destroy(new Error("the answer is too long"));
    });
    response.on("error", reject);
    response.on("end", () => {
      resolve({ status: response.statusCode ?? 0, text });
    });
  });
  sending.on("error", (error) => {
    reject(new BerthError("controller.unreachable", `No answer from ${url.host}: ${error.message}`, { cause: error }));
  });
  sending.end(content);
  const { status, text } = await promise;
  if (status >= 200 && status < 300) return parse(text, url);
  throw answeredError(status, text, url);
}

function parse(text: string, url: URL): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new BerthError("protocol.invalid", `${url.host} does not answer in JSON.`, { cause: error });
  }
}

function answeredError(status: number, text: string, url: URL): BerthError {
  const parsed = errorBodySchema.safeParse(parse(text, url));
  if (!parsed.success) return new BerthError("controller.unreachable", `${url.host} answers ${status}.`);
  const { code, message, hint } = parsed.data.error;
  return new BerthError(isErrorCode(code) ? code : "internal", message, hint === undefined ? {} : { hint });
}

function isErrorCode(code: string): code is ErrorCode {
  return code in errorCatalogue;
}
