// Mistakes in `observation`.
import { type Mistake, validSample } from "./topology-mistakes.ts";

export const observationMistakes: readonly Mistake[] = [
  {
    name: "a share of traces above one",
    text: `${validSample}observation: { tracedShare: 2 }\n`,
    expect: [["15:29", "observation.tracedShare", /is 2/, /to 1/]],
  },
  {
    name: "events that are no power of two",
    text: `${validSample}observation: { eventsPerActor: 24 }\n`,
    expect: [["15:32", "observation.eventsPerActor", /24 is no power of two/, /write 16 or 32/]],
  },
  {
    name: "settings of an observation that is off",
    text: `${validSample}observation: { watch: false, eventsPerActor: 24, slowMs: 5 }\n`,
    expect: [
      ["15:30", "observation.eventsPerActor", /no effect/, /remove eventsPerActor/],
      ["15:50", "observation.slowMs", /no effect, since watch is false/, /watch: true/],
    ],
  },
];
