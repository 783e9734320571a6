import { series, stat, table, wideTable, type Row } from "./panels.ts";
import { fill, fillAhead, growth } from "./disks.ts";

const of = '{node="$node"}';
const mean = (name: string) => `avg_over_time(${name}${of}[$__rate_interval])`;

const mount = "mountpoint, device, fstype";
const volume = "service, tenant, volume";
const largest = `sort_desc(topk(20, max by (${volume}) (berth_volume_size_bytes${of})))`;

/** One node: how full it is, and by which containers. */
export const nodeRows: Row[] = [
  {
    title: "Now",
    panels: [
      stat("Connected", "short", `berth_node_up${of}`, {
        ...{ columns: 2, goodFrom: 1, description: "1: its agent is; 0: it is not" },
      }),
      stat("Up for", "s", `time() - berth_node_boot_time_seconds${of}`, { columns: 3 }),
      stat("Instances healthy", "short", "", {
        queries: [
          { expression: `sum(berth_instance_healthy${of})`, legend: "healthy" },
          { expression: `count(berth_instance_info${of})`, legend: "of" },
        ],
      }),
      stat("Containers", "short", `count(berth_container_info${of})`, { columns: 3 }),
      stat("Restarts in a day", "short", `sum(increase(berth_container_restarts_total${of}[1d]))`, {
        ...{ columns: 3, badFrom: 1 },
      }),
      stat("Memory of the limit", "percentunit", `berth_node_memory_bytes${of} / berth_node_memory_limit_bytes${of}`, {
        ...{ columns: 3, badFrom: 0.9 },
      }),
      stat("Disk", "percentunit", `berth_node_disk_used_bytes${of} / berth_node_disk_size_bytes${of}`, {
        ...{ columns: 3, badFrom: 0.9, description: "The root file system" },
      }),
      stat("Fullest file system", "percentunit", `max(${fill(of)})`, { columns: 3, badFrom: 0.9 }),
    ],
  },
  {
    title: "Node",
    panels: [
      series(
        "CPU",
        "short",
        [
          { expression: mean("berth_node_cpu_cores"), legend: "used" },
          { expression: `berth_node_cpu_limit_cores${of}`, legend: "limit" },
          { expression: `berth_node_load_average${of}`, legend: "load average" },
        ],
        { description: "Cores; a load average is there of a node that is no LXC" },
      ),
      series("Memory", "bytes", [
        { expression: `berth_node_memory_bytes${of}`, legend: "used" },
        { expression: `berth_node_memory_limit_bytes${of}`, legend: "limit" },
        { expression: `berth_node_swap_bytes${of}`, legend: "swap" },
      ]),
      series(
        "Disk space",
        "bytes",
        [
          { expression: `berth_node_disk_used_bytes${of}`, legend: "used" },
          { expression: `berth_node_disk_size_bytes${of}`, legend: "size" },
        ],
        { columns: 8 },
      ),
      series(
        "Disk",
        "Bps",
        [
          { expression: mean("berth_node_disk_read_bytes_per_second"), legend: "read" },
          { expression: mean("berth_node_disk_write_bytes_per_second"), legend: "written" },
        ],
        { columns: 8 },
      ),
      series(
        "Network",
        "Bps",
        [
          { expression: mean("berth_node_network_receive_bytes_per_second"), legend: "received" },
          { expression: mean("berth_node_network_transmit_bytes_per_second"), legend: "sent" },
        ],
        { columns: 8 },
      ),
      series("Pressure", "percentunit", [
        { expression: mean("berth_node_cpu_pressure_ratio"), legend: "waiting for CPU" },
        { expression: mean("berth_node_memory_pressure_ratio"), legend: "for memory" },
        { expression: mean("berth_node_io_pressure_ratio"), legend: "for disks" },
      ]),
      series("CPU throttled", "short", [
        { expression: mean("berth_container_cpu_throttled_cores"), legend: "{{container}}" },
      ]),
    ],
  },
  {
    title: "File systems and volumes",
    panels: [
      series("Used of each file system", "percentunit", [{ expression: fill(of), legend: "{{mountpoint}}" }], {
        max: 1,
      }),
      series("Volumes", "bytes", [{ expression: `berth_volume_size_bytes${of}`, legend: "{{volume}}" }], {
        stacked: true,
      }),
      wideTable(
        "File systems",
        "percentunit",
        [
          { expression: `sort_desc(max by (${mount}) (${fill(of)}))`, legend: "Used of its size", badFrom: 0.9 },
          {
            expression: `max by (${mount}) (berth_node_filesystem_size_bytes${of})`,
            ...{ legend: "Size", unit: "bytes" },
          },
          {
            expression: `max by (${mount}) (${growth("berth_node_filesystem_used_bytes", of, "6h")})`,
            ...{ legend: "Growth in a day", unit: "bytes" },
          },
          { expression: `max by (${mount}) (${fillAhead(of)})`, legend: "In four days", badFrom: 1 },
        ],
        { columns: 14, description: "The last two: if it goes on as in the last six hours" },
      ),
      wideTable(
        "Largest volumes",
        "bytes",
        [
          { expression: largest, legend: "Size" },
          {
            expression: `max by (${volume}) (${growth("berth_volume_size_bytes", of, "7d")}) and ${largest}`,
            legend: "Growth in a day",
          },
        ],
        { columns: 10, description: "Growth: as in the last week" },
      ),
    ],
  },
  {
    title: "Containers",
    panels: [
      series("CPU", "short", [{ expression: mean("berth_container_cpu_cores"), legend: "{{container}}" }], {
        stacked: true,
      }),
      series("Memory", "bytes", [{ expression: `berth_container_memory_bytes${of}`, legend: "{{container}}" }], {
        stacked: true,
      }),
      table(
        "Memory of each limit",
        "percentunit",
        `sort_desc(berth_container_memory_bytes${of} / berth_container_memory_limit_bytes${of})`,
        { badFrom: 0.9 },
      ),
      table("Instances", "short", `berth_instance_state${of} == 1`, { labelsOnly: true }),
    ],
  },
];
