/** Whether the controller that is to be rebuilt answers still: two of them would give each node's tasks twice. */
import { connect } from "node:tls";

const patienceMilliseconds = 3000;

/** Whether somebody at HOST:PORT proves with a certificate of this authority that it is that controller. */
export function controllerAnswers(address: string, caPem: string): Promise<boolean> {
  const separator = address.lastIndexOf(":");
  const host = address.slice(0, separator);
  const port = Number(address.slice(separator + 1));
  return new Promise((resolve) => {
    const socket = connect({
      ...{ host, port, ca: caPem, minVersion: "TLSv1.3" },
      // By its authority alone: it may have been given other names since.
      checkServerIdentity: () => undefined,
    });
    const settle = (answers: boolean): void => {
      socket.destroy();
      resolve(answers);
    };
    socket.setTimeout(patienceMilliseconds, () => settle(false));
    socket.once("secureConnect", () => settle(socket.authorized));
    socket.once("error", () => settle(false));
  });
}
