import { expect, it } from "vitest";
import { nodeFileSystems, parseMounts, remoteGroups } from "./mounts.ts";

/**
 * Of an LXC with a disk of its own, one of its host bound into it, and a part of that a second time, as the kernel told
 * it; a tmpfs at /run and /tmp, and a directory of the root bound over /etc.
 */
const lxc = String.raw`85 45 7:1 / / rw,noatime shared:2 - ext4 /dev/loop1 rw
86 85 0:43 / /dev rw,relatime shared:3 - tmpfs none rw,size=492k,mode=755
87 85 0:44 / /proc rw,nosuid,nodev,noexec,relatime shared:5 - proc proc rw
88 85 0:45 / /sys rw,relatime shared:8 - sysfs sysfs rw
89 87 0:41 /proc/meminfo /proc/meminfo rw,nosuid,nodev,relatime shared:6 - fuse.lxcfs lxcfs rw,user_id=0,group_id=0,allow_other
90 87 0:41 /proc/cpuinfo /proc/cpuinfo rw,nosuid,nodev,relatime shared:7 - fuse.lxcfs lxcfs rw,user_id=0,group_id=0,allow_other
91 85 7:0 / /mnt/models rw,relatime shared:20 - ext4 /dev/loop0 rw
92 85 7:0 /large\040ones /mnt/large\040ones rw,relatime shared:21 - ext4 /dev/loop0 rw
93 88 0:46 / /sys/fs/cgroup rw,nosuid,nodev,noexec,relatime shared:9 - tmpfs none rw,size=10240k,mode=755
94 93 0:37 /lxc.payload.disktest /sys/fs/cgroup/systemd rw,nosuid,nodev,noexec,relatime shared:10 - cgroup none rw,name=systemd
95 93 0:36 /lxc.payload.disktest /sys/fs/cgroup/pids rw,nosuid,nodev,noexec,relatime shared:11 - cgroup none rw,pids
103 93 0:38 /lxc.payload.disktest /sys/fs/cgroup/unified rw,nosuid,nodev,noexec,relatime shared:19 - cgroup2 none rw
104 86 0:26 /0 /dev/console rw,relatime shared:4 - devpts devpts rw,mode=600,ptmxmode=000
48 87 0:43 /.lxc-boot-id /proc/sys/kernel/random/boot_id ro,nosuid,nodev,noexec,relatime shared:3 - tmpfs none rw,size=492k,mode=755
49 85 0:47 / /run rw,relatime shared:22 - tmpfs tmpfs rw
50 85 0:48 / /tmp rw,relatime shared:23 - tmpfs tmpfs rw
51 85 7:1 /srv/share /etc rw,noatime shared:2 - ext4 /dev/loop1 rw
`;

/** `mountpoint device type` */
const told = (mountinfo: string): string[] =>
  nodeFileSystems(parseMounts(mountinfo)).map(
    ({ mountpoint, device, type, readOnly }) => `${mountpoint} ${device} ${type}${readOnly ? " ro" : ""}`,
  );

it("of an LXC: its disks, each once", () => {
  expect(told(lxc)).toEqual(["/ /dev/loop1 ext4", "/mnt/models /dev/loop0 ext4"]);
});

it("a part of a disk that is nowhere as a whole, by the place nearest to the root", () => {
  const parts = String.raw`60 27 253:4 /srv/models /data/models rw,relatime - ext4 /dev/mapper/pve-data rw
61 27 253:4 /srv/models/llama /opt/deep/models/llama rw,relatime - ext4 /dev/mapper/pve-data rw
62 27 253:5 /a /mnt/blank\040and\134slash ro,relatime - xfs /dev/mapper/pve-other rw`;
  expect(told(parts)).toEqual([
    "/data/models /dev/mapper/pve-data ext4",
    "/mnt/blank and\\slash /dev/mapper/pve-other xfs ro",
  ]);
});

it("a disk that is seen read-only at one place and can be written to at another", () => {
  const twice = `60 27 8:2 / /data ro,relatime - ext4 /dev/sda2 rw
61 27 8:2 /part /srv/deep/data rw,relatime - ext4 /dev/sda2 rw`;
  expect(told(twice)).toEqual(["/srv/deep/data /dev/sda2 ext4"]);
});

it("each dataset of ZFS and each file system of another machine, although these have no device of their own", () => {
  const pools = `30 1 0:50 / / rw,noatime - zfs rpool/data/subvol-101-disk-0 rw,xattr
31 30 0:51 / /models rw,noatime - zfs rpool/data/subvol-101-disk-1 rw,xattr
32 30 0:60 / /mnt/nas rw,relatime - nfs4 10.0.6.9:/export rw,vers=4.2
33 30 0:61 / /mnt/union rw,relatime - fuse.mergerfs a:b rw
34 30 0:62 / /home/me/mail rw,relatime - fuse.portal portal rw
35 30 0:63 / /proc/fs/nfsd rw,relatime - nfsd nfsd rw`;
  expect(told(pools)).toEqual([
    "/ rpool/data/subvol-101-disk-0 zfs",
    "/mnt/nas 10.0.6.9:/export nfs4",
    "/mnt/union a:b fuse.mergerfs",
    "/models rpool/data/subvol-101-disk-1 zfs",
  ]);
});

it("Docker's own disk, and nothing of what it mounts there for containers", () => {
  const docker = `27 1 8:1 / / rw,relatime - ext4 /dev/sda1 rw
40 27 8:2 / /var/lib/docker rw,relatime - ext4 /dev/sda2 rw
41 40 0:70 / /var/lib/docker/overlay2/0a1b/merged rw,relatime - overlay overlay rw,lowerdir=/var/lib/docker/overlay2/l/A
42 40 0:71 / /var/lib/docker/containers/0a1b/mounts/shm rw,relatime - tmpfs shm rw,size=65536k
43 27 0:4 net:[4026532562] /run/docker/netns/0a1b rw - nsfs nsfs rw
44 40 0:72 / /var/lib/docker/zfs/graph/0a1b rw,relatime - zfs rpool/docker/0a1b rw
45 40 8:3 / /var/lib/docker/volumes/own-disk/_data rw,relatime - xfs /dev/sda3 rw
46 40 7:9 / /snap/core/1 ro,relatime - squashfs /dev/loop9 ro`;
  expect(told(docker)).toEqual([
    "/ /dev/sda1 ext4",
    "/var/lib/docker /dev/sda2 ext4",
    "/var/lib/docker/volumes/own-disk/_data /dev/sda3 xfs",
  ]);
});

it("what is seen at a place, and not what lies below it; the root whatever it is on", () => {
  const covered = `27 1 0:30 / / rw,relatime - overlay overlay rw,lowerdir=/a
28 27 8:2 / /mnt rw,relatime - ext4 /dev/sda2 rw
29 27 0:80 / /mnt rw,relatime - tmpfs tmpfs rw`;
  expect(told(covered)).toEqual(["/ overlay overlay"]);
  expect(told("")).toEqual([]);
});

it("those that may not answer: of another machine, and what is mounted below one", () => {
  const nas = `27 1 8:1 / / rw,relatime - ext4 /dev/sda1 rw
40 27 0:60 / /mnt/nas rw,relatime - nfs4 10.0.6.9:/export rw,vers=4.2
41 40 8:2 / /mnt/nas/cache rw,relatime - ext4 /dev/sda2 rw
42 27 8:3 / /mnt/nas-local rw,relatime - ext4 /dev/sda3 rw`;
  const remote = (mountinfo: string): string[][] => {
    const mounts = parseMounts(mountinfo);
    return remoteGroups(mounts, mounts).map((group) => group.map(({ mountpoint }) => mountpoint));
  };
  expect(remote(nas)).toEqual([["/mnt/nas", "/mnt/nas/cache"]]);
  const other = "\n43 27 0:52 / /mnt/other rw,relatime - cifs //nas/other rw";
  expect(remote(nas + other)).toEqual([["/mnt/nas", "/mnt/nas/cache"], ["/mnt/other"]]);
  expect(remote(nas.replace("ext4 /dev/sda1", "nfs4 10.0.6.9:/root"))).toEqual([
    ["/", "/mnt/nas", "/mnt/nas/cache", "/mnt/nas-local"],
  ]);
});
