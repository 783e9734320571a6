/** Texts of the fleet file that others read and that have a form there: Ollama, registries, Proxmox VE, SSH, Traefik. */
import * as z from "zod";

export const portSchema = z.int().min(1).max(65_535);

/** Read on the controller's machine; a relative path is under its configuration directory, /etc/berth. */
export const filePathSchema = z
  .string()
  .min(1)
  .refine((path) => !path.split("/").includes(".."), { error: "must not contain '..'" });

const label = "[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?";
const host = String.raw`${label}(?:\.${label})*`;

/** An IPv4 address or a DNS name. */
export const hostSchema = z
  .string()
  .max(253, { error: "must be at most 253 characters, as names in DNS are" })
  .regex(new RegExp(`^${host}$`), { error: "must be an address or a DNS name, without a port and https://" });

const part = String.raw`[A-Za-z0-9_][A-Za-z0-9_.-]{0,79}`;
const namespace = "[A-Za-z0-9_][A-Za-z0-9_-]{0,79}";

/** `[[registry/]namespace/]name[:tag]`, as Ollama's own parser takes it. */
export const modelNameSchema = z
  .string()
  .regex(new RegExp(String.raw`^(?:(?:${host}(?::\d{1,5})?/)?${namespace}/)?${part}(?::${part})?$`), {
    error: "must be a model as Ollama names it: llama3.2:3b, or hf.co/NAMESPACE/NAME:TAG",
  });

/** A registry is told from a namespace by a dot, a port or the name localhost; what is behind it goes before each image's path. */
export const registrySchema = z
  .string()
  .regex(
    new RegExp(
      String.raw`^(?:localhost|${label}(?:\.${label})+|${host}:\d{1,5})(?::\d{1,5})?(?:/[a-z0-9]+(?:[._-]+[a-z0-9]+)*)*$`,
    ),
    {
      error: "must be a registry's HOST:PORT such as 10.0.6.1:5000, without https:// and '/' at its end",
    },
  );

export const proxmoxNodeSchema = z
  .string()
  .regex(new RegExp(`^${label}$`), { error: "must be the name of a Proxmox VE node such as pve" });

export const storageSchema = z.string().regex(/^[A-Za-z](?:[A-Za-z0-9_.-]*[A-Za-z0-9])$/, {
  error: "must be the name of a storage of Proxmox VE such as local-lvm",
});

export const templateVolumeSchema = z.string().regex(/^[A-Za-z][A-Za-z0-9_.-]*[A-Za-z0-9]:[^\s,]+$/, {
  error: "must be the volume id of an LXC template: STORAGE:vztmpl/FILE",
});

/** A network interface of Linux; longer ones it does not take. */
export const bridgeSchema = z.string().regex(/^[A-Za-z0-9_][A-Za-z0-9_.-]{0,14}$/, {
  error: "must be the name of a bridge such as vmbr0, of at most 15 characters",
});

const ipSchema = z.union([z.ipv4(), z.ipv6()]);

/** One or several, as Proxmox VE takes them. */
export const nameserversSchema = z
  .string()
  .refine((text) => text.split(" ").every((address) => ipSchema.safeParse(address).success), {
    error: "must be the IP addresses of name servers, with a space between two",
  });

export const sshUserSchema = z.string().regex(/^[A-Za-z_][A-Za-z0-9_.-]{0,31}$/, {
  error: "must be the name of a user: 1 to 32 letters, digits, '_', '.' and '-', and a letter or '_' at its start",
});

export const sshFingerprintSchema = z.string().regex(/^SHA256:[A-Za-z0-9+/]{43}$/, {
  error: "must be 'SHA256:' and 43 characters, as `ssh-keygen -l` prints it",
});

const base64 = "[A-Za-z0-9+/]+={0,2}";

/** `TYPE KEY`, with a comment behind it or not. A key in SSH's wire format begins with its type. */
export const sshPublicKeySchema = z
  .string()
  .regex(
    new RegExp(
      String.raw`^(?:ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI[A-Za-z0-9+/]{43}|ssh-rsa AAAAB3NzaC1yc2E${base64}|ecdsa-sha2-nistp(?:256 AAAAE2VjZHNhLXNoYTItbmlzdHAyNTY|384 AAAAE2VjZHNhLXNoYTItbmlzdHAzODQ|521 AAAAE2VjZHNhLXNoYTItbmlzdHA1MjE)${base64})(?: [^\r\n]*)?$`,
    ),
    { error: "must be a public key, 'ssh-ed25519 AAAA…', as `ssh-keyscan` prints it behind the host's name" },
  );

/** As it stands in the URL that restic is given, and in SFTP's own messages. */
export const sftpPathSchema = z.string().regex(/^(?:\/(?!\.{1,2}(?:\/|$))[A-Za-z0-9_.@+-]+)+$/, {
  error: "must be an absolute path of letters, digits and '_.@+-', without '..' and without '/' at its end",
});

/** Names that Traefik's configuration gives to resolvers and options: `letsencrypt`, `modern@file`. */
export const traefikNameSchema = z.string().regex(/^[A-Za-z0-9_.-]+(?:@[A-Za-z0-9_.-]+)?$/, {
  error:
    "must be a name of Traefik's configuration: letters, digits, '_', '.' and '-', with '@PROVIDER' behind it or not",
});
