import { renderFirewallUnit, renderUnit } from "../unit.ts";

/** Shell functions that put the runtime, the agent and its unit in place, each whole or not at all. */
export const placeFunctions = String.raw`
check_sum() {
  if [ "$(sha256sum <"$1" | cut -d ' ' -f 1)" != "$2" ]; then fail 'What was sent arrived damaged.'; fi
}

# A new directory in the one given. It goes at exit when it was not moved to its place.
stage() {
  mkdir -p -m 0755 "$install_directory" "$1"
  staging=$(mktemp -d "$1/.incoming.XXXXXX")
  trap 'rm -rf "$staging"' EXIT
  chmod 0755 "$staging"
}

# The staged directory becomes DIRECTORY: unstage DIRECTORY
unstage() {
  rm -rf "$1"
  mv -T "$staging" "$1"
}

# A link is replaced by a rename: at each moment it leads to the old or the new.
point() {
  ln -sfn "$2" "$1.next"
  mv -fT "$1.next" "$1"
}

# Node for the agent, as gzip on standard input; that it runs shows that it is whole: place_runtime VERSION
place_runtime() {
  stage "$install_directory/runtime"
  gzip -d >"$staging/node" || fail 'What was sent did not arrive whole.'
  chmod 0755 "$staging/node"
  if [ "$("$staging/node" --version 2>&1)" != "$1" ]; then
    fail "Node $1 does not run here: $("$staging/node" --version 2>&1 | head -n 1)"
  fi
  unstage "$install_directory/runtime/$1"
  point "$install_directory/node" "runtime/$1/node"
}

# The agent on standard input: place_bundle NAME SHA256
place_bundle() {
  stage "$install_directory/versions"
  cat >"$staging/agent.mjs"
  check_sum "$staging/agent.mjs" "$2"
  sync "$staging/agent.mjs"
  unstage "$install_directory/versions/$1"
  point "$install_directory/current" "versions/$1"
}

# The firewall's first: it is there when the agent that fills its file is.
place_units() {
  mkdir -p -m 0755 /etc/docker/certs.d
  place_unit "$firewall_unit_file" <<'END_OF_UNIT'
${renderFirewallUnit()}END_OF_UNIT
  place_unit "$unit_file" <<'END_OF_UNIT'
${renderUnit()}END_OF_UNIT
  systemctl daemon-reload
  systemctl enable --quiet "$firewall_service_name" "$service_name"
}

# A unit on standard input: place_unit FILE
place_unit() {
  cat >"$1.next"
  chmod 0644 "$1.next"
  mv -f "$1.next" "$1"
}

# What does not run any more goes. Called when the new has proved itself.
prune() {
  others_go "$install_directory/versions" "$(readlink "$install_directory/current")"
  others_go "$install_directory/runtime" "$(dirname "$(readlink "$install_directory/node")")"
}

# others_go DIRECTORY KEPT
others_go() {
  find "$1" -mindepth 1 -maxdepth 1 ! -name "$(basename "$2")" -exec rm -rf {} +
}
`;
