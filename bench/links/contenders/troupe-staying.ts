// The same three nodes and senders as where an actor moves, but it stays: the round trip of their links.
import { worksOf } from "../link-runtime.ts";
import { MovingTrio, shareOf } from "../moving/moving-trio.ts";

export const works = worksOf(async (work) => {
  const trio = await MovingTrio.open(shareOf(work));
  return { whileMoving: (ms) => trio.staying(ms) };
});
