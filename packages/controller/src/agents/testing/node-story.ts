/** Small, valid pieces of what a node says. For tests. */
import type { OperationInput } from "@berth/shared/operations/index";
import type { InstanceState, ObservedInstance } from "@berth/shared/protocol/state";

export const imageInput: OperationInput<"image.ensure"> = { node: "user1", image: "n8n:2", registryCa: null };
export const imageResult = { pulled: true, imageId: "sha256:1" };

export function observedInstance(instance: string, state: InstanceState = "healthy"): ObservedInstance {
  return {
    instance,
    service: "n8n",
    tenant: "user1",
    version: "2.41.3",
    hash: "hash",
    state,
    drift: [],
    containers: [
      {
        name: instance,
        id: "c0ffee",
        image: "n8n:2",
        imageId: "sha256:1",
        state: "running",
        startedAt: "2026-11-24T10:00:00Z",
        restarts: 0,
      },
    ],
  };
}
