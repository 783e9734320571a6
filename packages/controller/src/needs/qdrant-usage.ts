/** How many points collections have. */
import pLimit from "p-limit";
import { type QdrantServer, refusalStatus, withQdrant } from "./qdrant-client.ts";

/** Of the requests that are under way. */
const mostRequestsAtOnce = 8;

/** By name; what does not exist is not in it. A failure of the server is `store.failed`. */
export function readPoints(server: QdrantServer, collections: readonly string[]): Promise<Map<string, number>> {
  return withQdrant(server, async (client) => {
    const limit = pLimit(mostRequestsAtOnce);
    const counted = collections.map((name) =>
      limit(async (): Promise<[string, number][]> => {
        try {
          const { points_count: points } = await client.getCollection(name);
          return [[name, points ?? 0]];
        } catch (error) {
          if (refusalStatus(error) === 404) return [];
          // Nobody waits for the others any more.
          limit.clearQueue();
          throw error;
        }
      }),
    );
    return new Map((await Promise.all(counted)).flat());
  });
}
