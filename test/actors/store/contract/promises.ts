// All that every store promises: the groups that run unchanged on each back end.
import { amendmentPromises } from "./amendment-promises.ts";
import { cancelPromises } from "./cancel-promises.ts";
import { claimPromises } from "./claim-promises.ts";
import { claimTermsPromises } from "./claim-terms-promises.ts";
import { confirmationPromises } from "./confirmation-promises.ts";
import { crowdPromises } from "./crowd-promises.ts";
import { eventPromises } from "./event-promises.ts";
import { familyPromises } from "./family-promises.ts";
import { lanePromises } from "./lane-promises.ts";
import { leasePromises } from "./lease-promises.ts";
import { nodeReleasePromises } from "./node-release-promises.ts";
import { orderingPromises } from "./ordering-promises.ts";
import { overflowPromises } from "./overflow-promises.ts";
import { reachedPromises } from "./reached-promises.ts";
import { refusalPromises } from "./refusal-promises.ts";
import { resultPromises } from "./result-promises.ts";
import { retryPromises } from "./retry-promises.ts";
import { stepsPromises } from "./steps-promises.ts";
import type { StoreFixture } from "./store-fixture.ts";
import { submitPromises } from "./submit-promises.ts";
import { timeoutPromises } from "./timeout-promises.ts";
import { userSharePromises } from "./user-share-promises.ts";
import { wishPromises } from "./wish-promises.ts";
import { withdrawalPromises } from "./withdrawal-promises.ts";

const groups: readonly ((fixture: StoreFixture) => void)[] = [
  submitPromises,
  orderingPromises,
  claimPromises,
  claimTermsPromises,
  lanePromises,
  wishPromises,
  leasePromises,
  nodeReleasePromises,
  reachedPromises,
  retryPromises,
  cancelPromises,
  timeoutPromises,
  familyPromises,
  stepsPromises,
  overflowPromises,
  userSharePromises,
  resultPromises,
  confirmationPromises,
  withdrawalPromises,
  eventPromises,
  amendmentPromises,
  refusalPromises,
  crowdPromises,
];

export function allPromises(fixture: StoreFixture): void {
  for (const group of groups) group(fixture);
}
