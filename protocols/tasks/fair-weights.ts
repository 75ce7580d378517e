// How much users weigh in a queue where users take turns.
import Type, { type Static } from "typebox";
import { storeLimits } from "../store-limits.ts";
import { UserId } from "./user-id.ts";

/** By user, 0.01 to 100, of 256 users at most. Who is not named, and who names nobody, weighs 1. */
export const FairWeights = Type.Record(
  UserId,
  Type.Number({
    description: "Turns that the user has while one of weight 1 has one.",
    minimum: storeLimits.fairWeightMin,
    maximum: storeLimits.fairWeightMax,
  }),
  {
    description: "By user: how much more, or less, than others it weighs. Default: all weigh 1.",
    additionalProperties: false,
    maxProperties: storeLimits.fairWeightsMax,
  },
);
export type FairWeights = Readonly<Static<typeof FairWeights>>;
