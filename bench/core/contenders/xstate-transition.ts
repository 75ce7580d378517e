// XState's transition actors: a function from state and event to state.
import type { Works } from "../contender.ts";
import { xstateWorks } from "./xstate.ts";

export const works: Works = xstateWorks((xstate, receive) =>
  xstate.fromTransition((state, event) => {
    receive(event);
    return state;
  }, 0),
);
