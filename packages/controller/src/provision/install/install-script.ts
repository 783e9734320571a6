/**
 * The way in for hosts that nobody can reach: a script that its owner pastes. It holds the shell functions that the
 * way over SSH calls, the CA's certificate and the SHA-256 of everything it downloads.
 */
import { quote } from "shlex";
import type { Downloads } from "./downloads.ts";
import { type Architecture, ownArchitecture } from "./runtime.ts";
import { shellLibrary } from "./script/library.ts";

/** Path on the controller's HTTPS server that answers with `renderInstallScript`; `?architecture=` is amd64 or arm64. */
export const installScriptPath = "/agent/install.sh";

const defaultArchitecture = ownArchitecture() ?? "amd64";

export interface InstallScriptOptions {
  /** https://host:port */
  controllerUrl: string;
  /** PEM of the controller's CA. */
  caPem: string;
  downloads: Downloads;
  /** Of the hosts that it is for; the controller's own when left out. */
  architecture?: Architecture | undefined;
}

/**
 * A script for hosts of one architecture, so that the runtime of another need not be at hand; it refuses the others.
 * Without arguments it installs, with the join token in BERTH_JOIN_TOKEN or `--token-file FILE`, and only on the host
 * that has the address in BERTH_NODE_ADDRESS, if that is set; `--uninstall [--containers]` removes everything again.
 */
export async function renderInstallScript(options: InstallScriptOptions): Promise<string> {
  const { controllerUrl, caPem, architecture = defaultArchitecture } = options;
  const { agent, bundle, runtime, runtimeFor } = options.downloads;
  const node = await runtimeFor(architecture);
  return `#!/bin/sh
# Makes this host a node of a Berth fleet. Read it before you run it; it must run as root.
${shellLibrary()}
controller=${quote(controllerUrl)}
script_architecture=${architecture}

place_everything() {
  if [ "$runtime" != ${quote(runtime)} ]; then
    fetch ${quote(node.path)} ${node.sha256} "$work/runtime"
    (place_runtime ${quote(runtime)} <"$work/runtime")
  fi
  if [ "$bundle" != ${agent.sha256} ]; then
    fetch ${quote(agent.path)} ${agent.sha256} "$work/agent"
    (place_bundle ${quote(bundle)} ${agent.sha256} <"$work/agent")
  fi
  place_units
}

write_ca() {
  cat <<'END_OF_CA'
${caPem.trim()}
END_OF_CA
}
${mainFunctions}
main "$@"
`;
}

/** Nothing runs before the last line is there: a script that was cut short does nothing. */
const mainFunctions = String.raw`
# Downloads a file of the controller and verifies it: fetch PATH SHA256 FILE
fetch() {
  if command -v curl >/dev/null 2>&1; then
    curl --fail --silent --show-error --location --proto '=https' --retry 3 --connect-timeout 15 \
      --cacert "$work/ca.pem" --output "$3" "$controller$1" || fail "$controller$1 cannot be downloaded."
  elif command -v wget >/dev/null 2>&1; then
    wget --quiet --https-only --tries 3 --timeout 15 --ca-certificate "$work/ca.pem" --output-document "$3" \
      "$controller$1" || fail "$controller$1 cannot be downloaded."
  else
    fail 'Neither curl nor wget is here. Run: apt-get install curl'
  fi
  check_sum "$3" "$2"
}

read_token() {
  token=
  if [ "$1" = --token-file ]; then
    token=$(cat "$2") || fail "The join token cannot be read from $2."
  elif [ -n "$environment_token" ]; then
    token=$environment_token
  fi
  if [ -z "$token" ] && [ -z "$enrolled_node" ]; then
    fail 'A join token is missing: set BERTH_JOIN_TOKEN or give --token-file FILE. berth node token makes one.'
  fi
}

# A token is for one node: pasted on another host, it would make that one the node.
check_address() {
  if [ -z "$node_address" ]; then return; fi
  addresses=$(hostname -I)
  case " $addresses " in *" $node_address "*) return ;; esac
  fail "This host does not have the node's address $node_address, but: $addresses. Run the line on the host that has it; where that address leads to this one (NAT), leave BERTH_NODE_ADDRESS=$node_address out of the line."
}

# At the end, also after a failure: what a first installation leaves behind when it fails goes.
finish() {
  code=$?
  trap - EXIT
  rm -rf "$work"
  if [ "$code" != 0 ] && [ "$is_first" = yes ]; then uninstall keep >/dev/null 2>&1 || true; fi
  exit "$code"
}

install_here() {
  read_facts
  refused=$(refusal)
  if [ -n "$refused" ]; then fail "This host cannot be a node. $refused"; fi
  if [ "$architecture" != "$script_architecture" ]; then
    fail "This script is for $script_architecture hosts, and this one is $architecture: put ?architecture=$architecture after the address it comes from."
  fi
  read_token "$@"
  check_address
  is_first=no
  if [ ! -e "$install_directory" ] && [ ! -e "$state_directory" ]; then is_first=yes; fi
  work=$(mktemp -d)
  trap finish EXIT
  trap 'exit 130' INT TERM HUP
  write_ca >"$work/ca.pem"
  if [ -n "$enrolled_node" ] && [ "$enrolled_ca" != "$(pem_sum "$work/ca.pem")" ]; then
    fail "This host is node $enrolled_node of another controller. Remove that agent first: run this script with --uninstall."
  fi
  if [ "$docker" = absent ]; then install_docker; fi
  if [ "$nftables" = absent ]; then install_nftables; fi
  if [ "$docker" != running ]; then start_docker; fi
  place_everything
  if [ -z "$enrolled_node" ]; then printf '%s\n' "$token" | enrol "$controller"; fi
  restart_agent
  echo 'The agent runs. On the controller, berth node list shows it.'
}

main() {
  environment_token=$(printenv BERTH_JOIN_TOKEN || true)
  node_address=$(printenv BERTH_NODE_ADDRESS || true)
  unset BERTH_JOIN_TOKEN BERTH_NODE_ADDRESS
  if [ "$#" = 0 ]; then set -- install ''; fi
  if [ "$#" = 1 ]; then set -- "$1" ''; fi
  case $1 in
    install | --token-file) install_here "$@" ;;
    --uninstall) uninstall "$2" ;;
    *) fail "Unknown argument $1. Known are --token-file FILE and --uninstall [--containers]." ;;
  esac
}
`;

/** Where the script is, and the one key that may answer there. */
export interface ScriptAddress {
  controllerUrl: string;
  /** Of the host; the controller's own when left out. */
  architecture?: Architecture | undefined;
  /** SHA-256 of the public key (SPKI, DER) of the certificate that the HTTPS server presents, base64. */
  serverKeyPin: string;
}

export interface InstallCommandOptions extends ScriptAddress {
  joinToken: string;
  /** The host must have this address; left out: any host will do. */
  nodeAddress?: string | undefined;
}

/**
 * One line to paste as root. curl is told to trust no authority but one public key: with --insecure it still refuses
 * every other key (tried with curl 7.88: exit code 90, nothing sent), and whoever holds that key is the controller. The
 * script then verifies the CA in the ordinary way. The token is in no program's arguments.
 */
export function installCommand({ joinToken, nodeAddress, ...address }: InstallCommandOptions): string {
  const variables = [
    ...(nodeAddress === undefined ? [] : [`BERTH_NODE_ADDRESS=${quote(nodeAddress)}`]),
    `BERTH_JOIN_TOKEN=${quote(joinToken)}`,
  ];
  return runCommand(address, `${variables.join(" ")} sh`);
}

/** One line to paste as root that takes the agent off the host again. */
export function uninstallCommand(address: ScriptAddress): string {
  return runCommand(address, "sh -s -- --uninstall");
}

/** Fetched whole before it is run, so that the line fails when fetching does: a pipe alone ends as its last part. */
function runCommand(address: ScriptAddress, shell: string): string {
  return `(script=$(${fetchCommand(address)}) && printf '%s\\n' "$script" | ${shell})`;
}

function fetchCommand({ controllerUrl, architecture, serverKeyPin }: ScriptAddress): string {
  const url = quote(
    `${controllerUrl}${installScriptPath}${architecture === undefined ? "" : `?architecture=${architecture}`}`,
  );
  const pin = quote(`sha256//${serverKeyPin}`);
  return `curl -fsS --insecure --pinnedpubkey ${pin} ${url}`;
}

/** A script that removes the agent from a host and needs nothing from a controller. */
export function uninstallScript(options: { containers: boolean }): string {
  return `#!/bin/sh
${shellLibrary()}
uninstall ${options.containers ? "--containers" : "keep"}
`;
}
