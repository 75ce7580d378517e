// actor-ts is on no registry: the environment names the index.js of a checkout that was built.

export const actorTsVariable = "BENCH_ACTOR_TS";

/** Undefined when the environment names none. */
export const actorTsFile = (): string | undefined => process.env[actorTsVariable] || undefined;
