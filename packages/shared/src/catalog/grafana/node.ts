import { series, stat, table, type Row } from "./panels.ts";

const of = '{node="$node"}';
const mean = (name: string) => `avg_over_time(${name}${of}[$__rate_interval])`;

/** One node: how full it is, and by which containers. */
export const nodeRows: Row[] = [
  {
    title: "Now",
    panels: [
      stat("Connected", "short", `berth_node_up${of}`, { goodFrom: 1, description: "1: its agent is; 0: it is not" }),
      stat("Instances healthy", "short", "", {
        queries: [
          { expression: `sum(berth_instance_healthy${of})`, legend: "healthy" },
          { expression: `count(berth_instance_info${of})`, legend: "of" },
        ],
      }),
      stat("Containers", "short", `count(berth_container_info${of})`),
      stat("Restarts in a day", "short", `sum(increase(berth_container_restarts_total${of}[1d]))`, { badFrom: 1 }),
      stat("Memory of the limit", "percentunit", `berth_node_memory_bytes${of} / berth_node_memory_limit_bytes${of}`, {
        badFrom: 0.9,
      }),
      stat("Disk", "percentunit", `berth_node_disk_used_bytes${of} / berth_node_disk_size_bytes${of}`, {
        badFrom: 0.9,
      }),
    ],
  },
  {
    title: "Node",
    panels: [
      series("CPU", "short", [
        { expression: mean("berth_node_cpu_cores"), legend: "used" },
        { expression: `berth_node_cpu_limit_cores${of}`, legend: "limit" },
      ]),
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
