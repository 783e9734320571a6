import type * as z from "zod";
import { expect, test } from "vitest";
import * as formats from "./formats.ts";
import { changed, formattedProblems, place } from "./testing/example.ts";

const hash = "a".repeat(43);
const ed25519 = `ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI${hash}`;

const cases: [string, z.ZodType, string[], string[]][] = [
  [
    "a model",
    formats.modelNameSchema,
    [
      ...["llama3.2:3b", "nomic-embed-text", "user/model", "registry.ollama.ai/library/llama3.2:latest"],
      ...["hf.co/bartowski/Llama-3.2-3B-Instruct-GGUF:Q4_K_M", "10.0.6.1:5000/user/model", "localhost:5000/a/b:c"],
    ],
    ["", "a b;c", "a:", ":b", "a:b:c", "a//b", "-a", "a/b/c/d", "https://hf.co/a/b", "a\n", "../a", "hf.co/a.b/c"],
  ],
  [
    "a host",
    formats.hostSchema,
    ["10.0.6.1", "pve", "pve.example.org"],
    ["", "a b", "https://pve", "pve:8006", "a..b", "-a"],
  ],
  [
    "a registry",
    formats.registrySchema,
    ["10.0.6.1:5000", "registry.example.org", "mirror:5000", "localhost", "harbor.example.org/hub"],
    ["", "mirror", "https://mirror.example.org", "mirror.example.org/", "a.org:x", "a.org/B", "a.org:1:2:3"],
  ],
  ["a Proxmox VE node", formats.proxmoxNodeSchema, ["pve", "PVE-2"], ["", "pve.example.org", "pve/1", "-pve"]],
  ["a storage", formats.storageSchema, ["local-lvm", "local", "nfs_1.a"], ["", "1a", "a/b", "local-"]],
  [
    "a template",
    formats.templateVolumeSchema,
    ["local:vztmpl/debian-12-standard_12.7-1_amd64.tar.zst"],
    ["", "debian-12.tar.zst", "local:", "local:a b", "local:a,b"],
  ],
  ["a bridge", formats.bridgeSchema, ["vmbr0", "vmbr0.20"], ["", "a,b", "vmbr0=1", "a-name-of-sixteen"]],
  ["name servers", formats.nameserversSchema, ["10.0.6.1", "10.0.6.1 fd00::1"], ["", "dns", "10.0.6.1,10.0.6.2"]],
  ["a user", formats.sshUserSchema, ["root", "svc_berth"], ["", "a b", "-oProxyCommand=x", "a:b"]],
  ["a fingerprint", formats.sshFingerprintSchema, [`SHA256:${hash}`], ["", hash, `MD5:${hash}`, `SHA256:${hash}=`]],
  [
    "a public key",
    formats.sshPublicKeySchema,
    [
      ed25519,
      `${ed25519} root@nas`,
      `ssh-rsa AAAAB3NzaC1yc2EAAAADAQAB${hash}=`,
      `ecdsa-sha2-nistp256 AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAI${hash}==`,
    ],
    [
      ...["", "ssh-ed25519", `nas ${ed25519}`, `${ed25519}x`, `${ed25519}\nnas ${ed25519}`, `SHA256:${hash}`],
      ed25519.replace("ssh-ed25519", "ssh-rsa"),
    ],
  ],
  [
    "a path of SFTP",
    formats.sftpPathSchema,
    ["/backups", "/volume1/Net_Backup.2", "/...a"],
    ["", "/", "backups", "/a/", "//a", "/a/../b", "/..", "/.", "/a b", "/a?b", "/a%20", "/a\n"],
  ],
  ["a name of Traefik", formats.traefikNameSchema, ["letsencrypt", "modern@file"], ["", "a b", "@file", "a@b@c"]],
];

test.each(cases)("%s", (_, schema, right, wrong) => {
  expect(right.filter((text) => !schema.safeParse(text).success)).toEqual([]);
  expect(wrong.filter((text) => schema.safeParse(text).success)).toEqual([]);
});

test("a model that is none is told where it stands", () => {
  expect(formattedProblems(changed("[llama3.2:3b, ", '["a b;c", '))).toEqual([
    `${place("models: [", 16)}: services.shared.ollama.models.0: 'a b;c' must be a model as Ollama names it: llama3.2:3b, or hf.co/NAMESPACE/NAME:TAG`,
  ]);
});
