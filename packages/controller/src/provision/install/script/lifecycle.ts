/** Shell functions that enrol, start and remove the agent. */
export const lifecycleFunctions = String.raw`
# Enrols with the join token on standard input, so that no argument, file or environment holds it: enrol CONTROLLER
enrol() {
  "$install_directory/node" "$install_directory/current/agent.mjs" enrol --controller "$1"
}

restart_agent() {
  systemctl restart "$service_name" || fail "The agent does not start: $(agent_journal)"
}

# Its last lines, as one.
agent_journal() {
  journalctl -u "$service_name" -n 8 --no-pager -o cat 2>/dev/null | tr '\n' ' '
}

# Leaves nothing of Berth behind. Docker stays, and so do the containers unless told: uninstall [--containers]
uninstall() {
  systemctl disable --now --quiet "$service_name" 2>/dev/null || true
  systemctl disable --now --quiet "$firewall_service_name" 2>/dev/null || true
  # Fails where there is none, or no nft.
  nft delete table inet berth 2>/dev/null || true
  if [ "$1" = --containers ] && command -v docker >/dev/null 2>&1; then
    ids=$(docker ps --all --quiet --filter label=berth.instance)
    # shellcheck disable=SC2086
    if [ -n "$ids" ]; then docker rm --force --volumes $ids; fi
    names=$(docker volume ls --quiet --filter label=berth.instance)
    # shellcheck disable=SC2086
    if [ -n "$names" ]; then docker volume rm --force $names; fi
  fi
  rm -rf "$unit_file" "$unit_file.next" "$firewall_unit_file" "$firewall_unit_file.next" \
    "$install_directory" "$state_directory"
  systemctl daemon-reload
  systemctl reset-failed "$service_name" 2>/dev/null || true
}
`;
