// The same three nodes and senders as where an actor moves, but it stays: the round trip of their links.
import { worksOf } from "../link-runtime.ts";
import { MovingTrio } from "../moving/moving-trio.ts";

export const works = worksOf(async () => {
  const trio = await MovingTrio.open();
  return { whileMoving: (ms) => trio.staying(ms) };
});
