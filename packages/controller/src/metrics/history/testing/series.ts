/** What a container and its node do all day, for measurements: a rhythm, noise, bursts, memory that grows and is freed. */

/** Uniform in 0..1, the same sequence for the same seed (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let value = Math.imul(state ^ (state >>> 15), 1 | state);
    value = (value + Math.imul(value ^ (value >>> 7), 61 | value)) ^ value;
    return ((value ^ (value >>> 14)) >>> 0) / 4_294_967_296;
  };
}

const day = 86_400_000;
const page = 4096;
const mib = 1024 ** 2;

/** One sample of a container, in the order of its columns. Times must not go back. */
export function simulateContainer(seed: number): (at: number) => number[] {
  const random = seeded(seed);
  const size = 0.02 + random() * 0.4;
  const limit = 512 * mib * (1 + Math.floor(random() * 4));
  const phase = random() * day;
  let memory = limit * 0.3;
  let drift = 1;
  let burst = 0;
  return (at) => {
    drift += (1 - drift) * 0.02 + (random() - 0.5) * 0.1;
    if (burst > 0) burst -= 1;
    else if (random() < 0.003) burst = Math.floor(random() * 20);
    const rhythm = 1 + 0.6 * Math.sin((2 * Math.PI * (at + phase)) / day);
    const busy = Math.max(0, rhythm * drift * (0.7 + 0.6 * random())) + (burst > 0 ? 3 * random() : 0);
    memory += (random() - 0.48) * 40 * page;
    if (memory > limit * 0.7) memory = limit * 0.35;
    const received = busy * size * 200_000 * (0.5 + random());
    return [
      busy * size,
      Math.round(memory / page) * page,
      limit,
      received,
      received * (0.4 + 0.2 * random()),
      random() < 0.03 ? Math.round(random() * 200) * page : 0,
      random() < 0.3 ? Math.round(busy * random() * 60) * page : 0,
      12 + Math.floor(busy * 2),
    ];
  };
}
