// Troupe itself, through its public face and with nothing switched off but the log.
import type { Works } from "../contender.ts";
import { ask, pingPong, ring } from "./troupe-conversations.ts";
import { fairness, lateness, quietAlone } from "./troupe-load.ts";
import { fanIn, scattered, spawn, tell, tenAmongMany } from "./troupe-one-way.ts";
import { restart } from "./troupe-restart.ts";

export const works: Works = {
  tell,
  ask,
  "ping-pong": pingPong,
  spawn,
  ring,
  "fan-in": fanIn,
  scattered,
  "ten among many": tenAmongMany,
  restart,
  lateness,
  fairness,
  "quiet alone": quietAlone,
};
