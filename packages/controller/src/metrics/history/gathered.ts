/**
 * Points of one group of series (a node, or a container), added up in steps of a span of time: samples into the finest
 * steps, those into coarser ones, parts of one step that came apart into one. Average and maximum of each step remain,
 * in whatever order things are added.
 */
export interface Curve {
  /** Of what was measured, each times its weight. */
  sum: Float64Array;
  /** How many samples of the column there were. */
  weight: Float64Array;
  /** NaN where there was none. */
  most: Float64Array;
}

export class Gathered {
  /** Start of the first step, in milliseconds since the epoch. */
  readonly from: number;
  readonly stepMilliseconds: number;
  readonly length: number;
  /** Samples in each step. */
  readonly counts: Float64Array;
  readonly curves = new Map<string, Curve>();

  constructor(from: number, stepMilliseconds: number, length: number) {
    this.from = from;
    this.stepMilliseconds = stepMilliseconds;
    this.length = length;
    this.counts = new Float64Array(length);
  }

  /** The step that a moment lies in; undefined when it is outside. */
  stepOf(at: number): number | undefined {
    const step = Math.floor((at - this.from) / this.stepMilliseconds);
    return step >= 0 && step < this.length ? step : undefined;
  }

  curve(column: string): Curve {
    const known = this.curves.get(column);
    if (known !== undefined) return known;
    const curve = {
      sum: new Float64Array(this.length),
      weight: new Float64Array(this.length),
      most: new Float64Array(this.length).fill(Number.NaN),
    };
    this.curves.set(column, curve);
    return curve;
  }

  count(step: number, samples: number): void {
    this.counts[step] = (this.counts[step] ?? 0) + samples;
  }

  /** Adds what `weight` samples came to. */
  add(curve: Curve, step: number, average: number, most: number, weight: number): void {
    if (Number.isNaN(average)) return;
    curve.sum[step] = (curve.sum[step] ?? 0) + average * weight;
    curve.weight[step] = (curve.weight[step] ?? 0) + weight;
    const before = curve.most[step] ?? Number.NaN;
    if (!(before >= most)) curve.most[step] = most;
  }

  /** Takes over what another one, of the same or finer steps, has within this one's span. */
  addAll(other: Gathered, columns?: ReadonlySet<string>): void {
    const places = Int32Array.from(other.counts, (count, step) =>
      count === 0 ? -1 : (this.stepOf(other.from + step * other.stepMilliseconds) ?? -1),
    );
    other.counts.forEach((count, step) => {
      const place = places[step] ?? -1;
      if (place >= 0) this.count(place, count);
    });
    for (const [column, curve] of other.curves) {
      if (columns !== undefined && !columns.has(column)) continue;
      const own = this.curve(column);
      places.forEach((place, step) => {
        const weight = curve.weight[step] ?? 0;
        if (place < 0 || weight === 0) return;
        this.add(own, place, (curve.sum[step] ?? 0) / weight, curve.most[step] ?? Number.NaN, weight);
      });
    }
  }

  /** NaN where nothing was measured. */
  average(curve: Curve, step: number): number {
    const weight = curve.weight[step] ?? 0;
    return weight === 0 ? Number.NaN : (curve.sum[step] ?? 0) / weight;
  }
}

/** Start of the step of that length, counted from the epoch, that a moment lies in. */
export function startOf(at: number, stepMilliseconds: number): number {
  return Math.floor(at / stepMilliseconds) * stepMilliseconds;
}
