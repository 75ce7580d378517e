// XState's callback actors: a listener without state of its own.
import type { Works } from "../contender.ts";
import { xstateWorks } from "./xstate.ts";

export const works: Works = xstateWorks((xstate, receive) =>
  xstate.fromCallback((tools) => tools.receive(receive)),
);
