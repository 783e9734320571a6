/**
 * restic's SSH client, as it reaches an SFTP server: with one key, to a server with one key. All of it is in files of
 * the container; arguments and environment can be read by others. Pure.
 */
import type { Repository } from "@berth/shared/operations/backup-source";
import type { ToolSpec } from "../docker/tools.ts";

const directory = "/etc/berth/ssh";
const configFile = `${directory}/config`;
const keyFile = `${directory}/key`;
const hostsFile = `${directory}/known_hosts`;
const programFile = `${directory}/connect`;
/** What the server is called in these files. */
const alias = "backup-target";

/** restic ends as soon as ssh has, and would keep to itself what ssh has said last: which is why it failed. */
const program = `#!/bin/sh
ssh -F ${configFile} ${alias} -s sftp && exit
code=$?
sleep 1
exit $code
`;

/** Of restic: https://restic.readthedocs.io/en/stable/030_preparing_a_new_repo.html#sftp */
export function sshArguments({ ssh }: Repository): string[] {
  return ssh === undefined ? [] : ["--option", `sftp.command=${programFile}`];
}

export function sshFiles({ ssh, location }: Repository): ToolSpec["files"] {
  if (ssh === undefined) return [];
  const [type, key] = ssh.hostKey.split(" ");
  return [
    { path: programFile, content: program, mode: 0o700 },
    { path: configFile, content: configuration(location) },
    { path: hostsFile, content: `${alias} ${type} ${key}\n` },
    // Without the line break at its end ssh takes it for none; with rights for others it refuses it.
    { path: keyFile, content: `${ssh.privateKey.trimEnd()}\n`, mode: 0o600 },
  ];
}

/** https://man.openbsd.org/ssh_config. Given with -F, so that nothing of the image's own counts. */
function configuration(location: string): string {
  const { hostname, port, username } = new URL(location);
  return `Host ${alias}
  HostName ${hostname}
  Port ${port}
  User ${username}
  IdentityFile ${keyFile}
  IdentitiesOnly yes
  IdentityAgent none
  PreferredAuthentications publickey
  BatchMode yes
  StrictHostKeyChecking yes
  HostKeyAlias ${alias}
  UserKnownHostsFile ${hostsFile}
  GlobalKnownHostsFile /dev/null
  UpdateHostKeys no
  ControlPath none
  ConnectTimeout 30
  ServerAliveInterval 15
  ServerAliveCountMax 3
`;
}
