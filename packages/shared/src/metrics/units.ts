/** Numbers as people read them. Every function answers "–" for what was not measured (NaN). */

export const notMeasured = "–";

const sizeUnits = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"] as const;

/** Three significant digits at most, and always as many decimals for one magnitude: 9.87, 98.7, 987. */
function threeDigits(value: number): string {
  if (value >= 99.95) return value.toFixed(0);
  return value.toFixed(value >= 9.995 ? 1 : 2);
}

/** 1610612736 -> "1.50 GiB". Whole bytes stay whole: "512 B". */
export function formatBytes(bytes: number): string {
  if (!Number.isFinite(bytes)) return notMeasured;
  let value = Math.max(0, bytes);
  let unit = 0;
  // 1023.6 KiB would be written "1024 KiB".
  while (value >= 1023.5 && unit < sizeUnits.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return `${unit === 0 ? value.toFixed(0) : threeDigits(value)} ${sizeUnits[unit]}`;
}

/** 1048576 -> "1.00 MiB/s" */
export function formatRate(bytesPerSecond: number): string {
  return Number.isFinite(bytesPerSecond) ? `${formatBytes(bytesPerSecond)}/s` : notMeasured;
}

/** A whole size, as a limit is written: 17179869184 -> "16 GiB", 1610612736 -> "1.5 GiB". */
export function formatLimit(bytes: number): string {
  return formatBytes(bytes)
    .replace(/(\.\d*?)0+(?= )/, "$1")
    .replace(/\.(?= )/, "");
}

/** Cores in use, two decimals below ten: "0.07", "1.25", "12.5". */
export function formatCores(cores: number): string {
  if (!Number.isFinite(cores)) return notMeasured;
  return cores >= 9.995 ? cores.toFixed(1) : Math.max(0, cores).toFixed(2);
}

/** 0.416 -> "42 %" */
export function formatShare(share: number): string {
  return Number.isFinite(share) ? `${Math.round(share * 100)} %` : notMeasured;
}

/** How far something lies ahead that nobody knows exactly: "about 12 days", "about 20 hours". */
export function formatAhead(milliseconds: number): string {
  const hours = Math.max(1, Math.round(milliseconds / 3_600_000));
  if (hours >= 48) return `about ${Math.round(hours / 24)} days`;
  return hours === 1 ? "about an hour" : `about ${hours} hours`;
}

/** `used / limit`, NaN when there is no limit to speak of. */
export function shareOf(used: number, limit: number): number {
  return limit > 0 && Number.isFinite(limit) ? used / limit : Number.NaN;
}
