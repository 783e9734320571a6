/** Shell functions that read what a host is, and judge whether Berth can manage it. They change nothing. */
export const factFunctions = String.raw`
# What this host is, in variables of the same names.
read_facts() {
  os=unknown os_version='' os_name='an unknown system'
  if [ -r /etc/os-release ]; then
    os=$(set +u; . /etc/os-release; printf '%s' "$ID")
    os_version=$(set +u; . /etc/os-release; printf '%s' "$VERSION_ID")
    os_name=$(set +u; . /etc/os-release; printf '%s' "$PRETTY_NAME")
  fi
  architecture=$(dpkg --print-architecture 2>/dev/null || uname -m)
  user=$(id -u)
  systemd=no
  if [ -d /run/systemd/system ]; then systemd=yes; fi
  container=$(systemd-detect-virt --container 2>/dev/null || true)
  if [ -z "$container" ]; then container=none; fi
  nesting=no
  if unshare --mount --pid --fork --mount-proc true 2>/dev/null; then nesting=yes; fi
  cgroup=1
  if [ -f /sys/fs/cgroup/cgroup.controllers ]; then cgroup=2; fi
  docker=absent docker_version=''
  if command -v dockerd >/dev/null 2>&1; then
    docker=stopped
    docker_version=$(dockerd --version 2>/dev/null | sed 's/^Docker version \([^ ,]*\).*/\1/')
  fi
  if [ -S /var/run/docker.sock ]; then docker=running; fi
  nftables=absent
  if command -v nft >/dev/null 2>&1; then nftables=present; fi
  # Asked, not read off its path: after a power cut it may be there but not whole.
  runtime=$("$install_directory/node" --version 2>/dev/null || true)
  bundle=$(sum_of "$install_directory/current/agent.mjs")
  unit=$(units_sum)
  service=$(systemctl is-active "$service_name" 2>/dev/null || true)
  enrolled_node='' enrolled_ca=''
  if [ -f "$state_directory/identity.pem" ] && [ -f "$state_directory/enrolment.json" ]; then
    enrolled_node=$(sed -n 's/.*"node": *"\([^"]*\)".*/\1/p' "$state_directory/enrolment.json")
    enrolled_ca=$(pem_sum "$state_directory/ca.pem")
  fi
  free_kilobytes=$(df --output=avail -k /opt | tail -n 1 | tr -d ' ')
  clock=$(date +%s)
}

# SHA-256 of a file, or nothing when there is none.
sum_of() {
  if [ -f "$1" ]; then sha256sum <"$1" | cut -d ' ' -f 1; fi
}

# SHA-256 of the systemd units together, or nothing unless all are there.
units_sum() {
  if [ -f "$unit_file" ] && [ -f "$firewall_unit_file" ]; then
    cat "$unit_file" "$firewall_unit_file" | sha256sum | cut -d ' ' -f 1
  fi
}

# Fingerprint of a certificate: SHA-256 of what is in the PEM file.
pem_sum() {
  sed '/-----/d' "$1" | base64 -d | sha256sum | cut -d ' ' -f 1
}

print_facts() {
  for fact in os os_version os_name architecture systemd container nesting cgroup docker docker_version nftables \
    runtime bundle unit service enrolled_node enrolled_ca free_kilobytes clock; do
    eval "printf '%s=%s\n' \"\$fact\" \"\$$fact\""
  done
  printf 'refusal=%s\n' "$(refusal)"
}

# One sentence when this host is none that Berth can manage; nothing when it is one.
refusal() {
  version=$(printf '%s' "$os_version" | cut -d . -f 1)
  case $version in *[!0-9]*) version='' ;; esac
  case $os in
    debian) oldest=11 ;;
    ubuntu) oldest=20 ;;
    *)
      echo "It runs $os_name; Berth manages Debian and Ubuntu hosts."
      return
      ;;
  esac
  # Debian's testing has no version.
  if [ -n "$version" ] && [ "$version" -lt "$oldest" ]; then
    echo "It runs $os_name; Berth needs Debian 11, Ubuntu 20.04 or later."
    return
  fi
  case $architecture in
    amd64 | arm64) ;;
    *)
      echo "Its architecture is $architecture; Berth manages amd64 and arm64 hosts."
      return
      ;;
  esac
  if [ "$user" != 0 ]; then
    echo "This must run as root."
    return
  fi
  if [ "$systemd" != yes ]; then
    echo "It does not run systemd, which keeps the agent running."
    return
  fi
  case $container in
    none) ;;
    lxc | lxc-libvirt | systemd-nspawn)
      if [ "$nesting" != yes ]; then
        echo "It is an LXC that may not hold containers: run pct set VMID --features nesting=1 on its Proxmox VE host, then restart it."
      fi
      ;;
    *) echo "It is itself a container ($container); Berth manages LXCs, virtual machines and plain hosts." ;;
  esac
}
`;
