// How many kills, and from which seed. `TROUPE_KILLS=300` asks for so many on each back end, from a
// seed of the day; `TROUPE_SEED` repeats one. A kill's instant depends on the machine too: a seed that
// failed is run again with more kills.

export interface CrashPlan {
  readonly kills: number;
  readonly seed: number;
}

const usual: CrashPlan = { kills: 10, seed: 6_029 };
/** Kills of one store, before everything is counted and the next one begins empty. */
export const killsOfOneStore = 20;

export function crashPlan(): CrashPlan {
  const { TROUPE_KILLS: kills, TROUPE_SEED: seed } = process.env;
  if (kills !== undefined && !/^[1-9]\d{0,5}$/.test(kills)) {
    throw new Error(`TROUPE_KILLS is ${kills}; give a number of kills, such as 300`);
  }
  const isUsual = kills === undefined && seed === undefined;
  return {
    kills: kills === undefined ? usual.kills : Number(kills),
    seed: seed !== undefined ? Number(seed) : isUsual ? usual.seed : Date.now() % 2 ** 31,
  };
}

/** The plan, in stores of at most so many kills, each with a seed of its own. */
export function storesOf({ kills, seed }: CrashPlan): readonly CrashPlan[] {
  const count = Math.ceil(kills / killsOfOneStore);
  return Array.from({ length: count }, (_, index) => ({
    kills: Math.min(killsOfOneStore, kills - index * killsOfOneStore),
    seed: seed + index,
  }));
}
