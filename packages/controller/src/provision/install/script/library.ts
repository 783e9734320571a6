/**
 * The one install logic: POSIX shell functions that both ways use. Over SSH the controller calls them one by one, as
 * its plan says; the pasted script calls them in a row. The text holds no braces after a dollar sign, so that it can
 * stand in a template as it is.
 */
import {
  firewallServiceName,
  firewallUnitFile,
  installDirectory,
  serviceName,
  stateDirectory,
  unitFile,
} from "../paths.ts";
import { packageFunctions } from "./packages.ts";
import { factFunctions } from "./facts.ts";
import { lifecycleFunctions } from "./lifecycle.ts";
import { placeFunctions } from "./place.ts";

/** Exit code of a function that failed with a sentence of its own, the last line of its standard error. */
export const failureExitCode = 70;

const head = String.raw`set -eu
export LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive NEEDRESTART_MODE=l PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
umask 022
install_directory=${installDirectory}
state_directory=${stateDirectory}
service_name=${serviceName}
unit_file=${unitFile}
firewall_service_name=${firewallServiceName}
firewall_unit_file=${firewallUnitFile}

fail() {
  printf '%s\n' "$1" >&2
  exit ${failureExitCode}
}
`;

export function shellLibrary(): string {
  return [head, factFunctions, packageFunctions, placeFunctions, lifecycleFunctions].join("");
}
