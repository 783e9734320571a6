import type { CertificateFiles } from "../proxmox/certificate.ts";

export interface RegistrySettings {
  address: string;
  port: number;
  /** Folder in the layout of the registry's file system driver; never written to. */
  storageDirectory: string;
  certificate: CertificateFiles;
}

/** The registry's configuration. YAML is a superset of JSON. */
export function registryConfig({ address, port, storageDirectory, certificate }: RegistrySettings): string {
  return JSON.stringify(
    {
      version: 0.1,
      log: { level: "warn", accesslog: { disabled: true } },
      storage: {
        filesystem: { rootdirectory: storageDirectory, maxthreads: 100 },
        cache: { blobdescriptor: "inmemory" },
        // Several labs serve one folder, and only `ensureImages` fills it.
        maintenance: { readonly: { enabled: true }, uploadpurging: { enabled: false } },
      },
      http: {
        addr: `${address}:${port}`,
        tls: { certificate: certificate.certificateFile, key: certificate.keyFile },
      },
    },
    null,
    2,
  );
}
