// An actor that moves between three nodes while four senders go on.
import { worksOf } from "../link-runtime.ts";
import { MovingTrio, shareOf } from "../moving/moving-trio.ts";

export const works = worksOf(async (work) => {
  const trio = await MovingTrio.open(shareOf(work));
  return { whileMoving: (ms) => trio.moving(ms) };
});
