// An actor that moves between three nodes while four senders go on.
import { worksOf } from "../link-runtime.ts";
import { MovingTrio } from "../moving/moving-trio.ts";

export const works = worksOf(async () => {
  const trio = await MovingTrio.open();
  return { whileMoving: (ms) => trio.moving(ms) };
});
