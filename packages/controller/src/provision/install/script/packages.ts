/** Shell functions that bring Docker, and nftables for the agent, to a host that has none. */
export const packageFunctions = String.raw`
# apt-get, which waits for others that use dpkg. Its lists have a lock of their own that it does not wait for.
apt() {
  apt-get -o DPkg::Lock::Timeout=300 -o Dpkg::Use-Pty=0 "$@" </dev/null
}

# install_packages WHAT PACKAGE...
install_packages() {
  what=$1
  shift
  tries=0
  until apt update; do
    tries=$((tries + 1))
    if [ "$tries" -ge 10 ]; then fail 'The package lists cannot be updated: see the lines above.'; fi
    sleep 6
  done
  # After a cut in the middle of an installation, apt-get asks for this before it does anything. Where somebody else is
  # at it, dpkg refuses, and apt-get waits.
  dpkg --configure -a </dev/null || true
  apt install --yes --no-install-recommends "$@" || fail "$what cannot be installed: see the lines above."
}

install_docker() {
  # Docker loads a profile of its own where AppArmor rules; an LXC has no say in that.
  if [ "$container" = none ]; then set -- apparmor; else set --; fi
  install_packages Docker docker.io iptables ca-certificates "$@"
}

install_nftables() {
  install_packages nftables nftables
}

start_docker() {
  systemctl enable docker.service || fail 'Docker cannot be enabled: see the lines above.'
  systemctl start docker.service || fail "Docker does not start: $(journalctl -u docker -n 5 --no-pager -o cat | tr '\n' ' ')"
}
`;
