/** Renews the certificate before a third of its life is left, over the connection it already proves. */
import type { AgentMessage } from "@berth/shared/protocol/messages";
import { BerthError } from "@berth/shared/errors";
import type { AgentConfig } from "../config.ts";
import type { Log } from "../log.ts";
import { runSelf } from "../self.ts";
import { type Identity, isDueForRenewal, writeKeyAndCertificate } from "./identity.ts";
import { forgetPendingKey, readPendingKey } from "./pending-key.ts";
import { checkIssued } from "./trust.ts";

const checkMilliseconds = 3600_000;
const requestMilliseconds = 30_000;

export interface RenewalDependencies {
  config: AgentConfig;
  log: Log;
  identity: () => Identity;
  /** The identity to connect with from now on. */
  onRenewed: (identity: Identity) => void;
  send: (message: AgentMessage) => boolean;
}

export class Renewal {
  readonly #dependencies: RenewalDependencies;
  #timer: NodeJS.Timeout | undefined;

  constructor(dependencies: RenewalDependencies) {
    this.#dependencies = dependencies;
  }

  /** Looks now and every hour while connected. */
  onOnline(): void {
    this.#look();
    this.#timer = setInterval(() => {
      this.#look();
    }, checkMilliseconds);
  }

  onOffline(): void {
    clearInterval(this.#timer);
  }

  /** The controller's answer. A certificate that nobody asked for, or for another key, is refused. */
  async receive(certificate: string): Promise<void> {
    const { config, log, identity, onRenewed } = this.#dependencies;
    const key = await readPendingKey(config);
    if (key === null) throw new BerthError("protocol.invalid", "A certificate came that nobody had asked for.");
    const present = identity();
    checkIssued(certificate, key, present.ca);
    await writeKeyAndCertificate(config, key, certificate);
    await forgetPendingKey(config);
    onRenewed({ ...present, key, certificate });
    log.info("the node's certificate is renewed");
  }

  #look(): void {
    if (!isDueForRenewal(this.#dependencies.identity().certificate, Date.now())) return;
    void this.#request().catch((error: unknown) => {
      this.#dependencies.log.warn({ reason: String(error) }, "the certificate could not be renewed: tried again later");
    });
  }

  async #request(): Promise<void> {
    const csr = await runSelf("certificate-request", requestMilliseconds);
    this.#dependencies.send({ type: "certificate.request", csr });
  }
}
