import { createServer } from "node:net";
import { describe, expect, it } from "vitest";
import { listensOn, socketsOf } from "./listening.ts";

const header = "  sl  local_address rem_address   st tx_queue";

describe("listensOn", () => {
  it("sees a socket that listens, not one that is connected or on another port", () => {
    expect(listensOn(`${header}\n   0: 0106000A:1388 00000000:0000 0A 0`, 5000)).toBe(true);
    expect(listensOn(`${header}\n   0: 0106000A:1388 0206000A:C350 01 0`, 5000)).toBe(false);
    expect(listensOn(`${header}\n   0: 0106000A:1389 00000000:0000 0A 0`, 5000)).toBe(false);
  });

  it("finds a server of this process in the kernel's table", async () => {
    const server = createServer();
    await new Promise<void>((resolve) => {
      server.listen(0, "127.0.0.1", resolve);
    });
    const address = server.address();
    const port = address === null || typeof address === "string" ? 0 : address.port;
    expect(listensOn(await socketsOf(process.pid), port)).toBe(true);
    await new Promise((resolve) => {
      server.close(resolve);
    });
    expect(listensOn(await socketsOf(process.pid), port)).toBe(false);
  });
});
