/** What can be told to a process at its start only. */

/** With what V8 takes by itself, room for new objects alone grows to 134 MB where thousands of nodes send samples. */
const flags = ["--max-semi-space-size=8"];

/** glibc keeps what large buffers took, unless it is told from where on they are mapped: of an idle controller 65 MB. */
const allocator = { MALLOC_ARENA_MAX: "2", MALLOC_MMAP_THRESHOLD_: "65536", MALLOC_TRIM_THRESHOLD_: "131072" };

/** Begins this very process anew with them, under the same number, however it was started. */
export function ensureSmallHeap(): void {
  const { execve, execArgv, execPath, argv, env } = process;
  if (flags.every((flag) => execArgv.includes(flag))) return;
  execve?.(execPath, [execPath, ...execArgv, ...flags, ...argv.slice(1)], { ...allocator, ...env });
}
