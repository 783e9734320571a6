import { describe, expect, it } from "vitest";
import { registryConfig } from "./config.ts";

describe("registryConfig", () => {
  const config: unknown = JSON.parse(
    registryConfig({
      address: "10.0.6.1",
      port: 5000,
      storageDirectory: "/cache/registry",
      certificate: { caFile: "/state/ca.crt", certificateFile: "/state/server.crt", keyFile: "/state/server.key" },
    }),
  );

  it("serves over TLS on the lab's address only", () => {
    expect(config).toMatchObject({
      http: { addr: "10.0.6.1:5000", tls: { certificate: "/state/server.crt", key: "/state/server.key" } },
    });
  });

  it("never writes to the folder that several labs share", () => {
    expect(config).toMatchObject({
      storage: {
        filesystem: { rootdirectory: "/cache/registry" },
        maintenance: { readonly: { enabled: true }, uploadpurging: { enabled: false } },
      },
    });
  });
});
