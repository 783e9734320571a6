import { describe, expect, it } from "vitest";
import { Caller } from "./access.ts";
import { type GuestConfig, guestConfigSchema } from "./guest-options.ts";
import { checkModifyPermission, type Modification } from "./modify-permission.ts";

const root = new Caller("root@pam", "everything");
/** Even with every privilege there is, a token of root@pam is not root@pam. */
const rootToken = new Caller("root@pam!berth", "everything");
const limited = new Caller("berth@pve!controller", [{ path: "/vms", privileges: ["VM.Config.CPU", "VM.Allocate"] }]);

function modification(change: Partial<Modification>): Modification {
  return { vmid: 110, oldConfig: undefined, newOptions: {}, deleted: [], unprivileged: true, ...change };
}

function configWith(features: string): GuestConfig {
  return guestConfigSchema.parse({
    arch: "amd64",
    ostype: "debian",
    hostname: "a",
    memory: 512,
    swap: 0,
    rootfs: "local-lvm:vm-110-disk-0,size=4G",
    features,
  });
}

describe("who may change what of a guest", () => {
  it.each([
    [{ features: "keyctl=1,nesting=1" }, "changing feature flags (except nesting) is only allowed for root@pam"],
    [{ hookscript: "local:snippets/x" }, "changing the hookscript is only allowed for root@pam"],
    [{ dev0: "/dev/dri/card0" }, "configuring device passthrough is only allowed for root@pam"],
    [{ mp0: "/srv,mp=/srv" }, "mount point type bind is only allowed for root@pam"],
  ])("%o only root@pam itself", (newOptions, complaint) => {
    expect(() => checkModifyPermission(root, modification({ newOptions }))).not.toThrow();
    expect(() => checkModifyPermission(rootToken, modification({ newOptions }))).toThrow(complaint);
  });

  it("nesting also a token, on an unprivileged guest", () => {
    const newOptions = { features: "nesting=1" };
    expect(() => checkModifyPermission(limited, modification({ newOptions }))).not.toThrow();
    expect(() => checkModifyPermission(limited, modification({ newOptions, unprivileged: false }))).toThrow(
      "changing feature flags for privileged container is only allowed for root@pam",
    );
  });

  it("a token may leave a feature that root@pam has set as it is, and not take it away", () => {
    const oldConfig = configWith("keyctl=1");
    const kept = modification({ oldConfig, newOptions: { features: "keyctl=1,nesting=1" } });
    expect(() => checkModifyPermission(limited, kept)).not.toThrow();
    expect(() => checkModifyPermission(limited, modification({ oldConfig, deleted: ["features"] }))).toThrow(
      "except nesting",
    );
  });

  it("each other option with the privilege that goes with it", () => {
    expect(() => checkModifyPermission(limited, modification({ newOptions: { cores: 2 } }))).not.toThrow();
    expect(() => checkModifyPermission(limited, modification({ newOptions: { memory: 512 } }))).toThrow(
      "Permission check failed (/vms/110, VM.Config.Memory)",
    );
  });
});
