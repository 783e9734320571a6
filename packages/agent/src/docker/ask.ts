/** Questions to Docker: each has a deadline, and fails in the agent's words. */
import { within } from "../deadline.ts";
import { dockerError, statusOf } from "./errors.ts";

/** A Docker engine that does not answer a plain request by then is as good as gone. */
export const requestMilliseconds = 60_000;
export const notFound = 404;

/** `what` completes "Docker to …". */
export async function ask<T>(what: string, answer: Promise<T>, milliseconds = requestMilliseconds): Promise<T> {
  try {
    return await within(answer, milliseconds, `Docker to ${what}`);
  } catch (error) {
    throw dockerError(error, what);
  }
}

/** Null when Docker answers with one of these statuses: unless told, that it does not exist. */
export async function askFor<T>(
  what: string,
  answer: Promise<T>,
  statuses: readonly number[] = [notFound],
  milliseconds = requestMilliseconds,
): Promise<T | null> {
  try {
    return await within(answer, milliseconds, `Docker to ${what}`);
  } catch (error) {
    if (statuses.includes(statusOf(error) ?? 0)) return null;
    throw dockerError(error, what);
  }
}
