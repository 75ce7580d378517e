// Whom a message that was sent to some other's stand-in comes to at last, as far as that is known here.

/** The actor itself when it stands for nobody; undefined when it stands for one that is not here. */
export const actorBehind = (target: unknown): unknown => {
  if (typeof target !== "object" || target === null || !("standsFor" in target)) return target;
  return target.standsFor;
};
