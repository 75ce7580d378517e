// Rules of moving broken in the real code of whole clusters: each is caught by the check that is there
// for it.
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { ArrivalDesk } from "#runtime/cluster/migration/arrival-desk.ts";
import { ArrivalGate } from "#runtime/cluster/migration/arrival-gate.ts";
import { MigrationDesk } from "#runtime/cluster/migration/migration-desk.ts";
import type { CommitCargo, StreamItem } from "#runtime/cluster/migration/peer-message.ts";
import { StreamPositions } from "#runtime/cluster/migration/stream-positions.ts";
import { simulate } from "#runtime/testkit/simulation/simulate.ts";
import { moving } from "./moving-scenario.ts";

const seedsToCatch = 200;

interface PlantedBug {
  readonly name: string;
  readonly plant: (context: TestContext) => void;
  readonly seenBy: RegExp;
  /** Where to begin to look when few seeds show it; 1 where it is not said. */
  readonly firstSeed?: number;
}

const plantedBugs: readonly PlantedBug[] = [
  {
    name: "a sender that takes the new way without a flush on the old one",
    plant: ({ mock }) => {
      const { learn } = StreamPositions.prototype;
      mock.method(
        StreamPositions.prototype,
        "learn",
        function (this: StreamPositions, ...args: Parameters<typeof learn>): undefined {
          learn.apply(this, args);
        },
      );
    },
    seenBy: /lost with nodes only|one outcome|verify/,
  },
  {
    name: "a gate that lets in at once what comes over the new way",
    plant: ({ mock }) => {
      const { offer } = ArrivalGate.prototype;
      mock.method(
        ArrivalGate.prototype,
        "offer",
        function (this: ArrivalGate<unknown>, item: StreamItem<unknown>) {
          offer.call(this, { ...item, version: 0 });
        },
      );
    },
    seenBy: /in order/,
  },
  {
    name: "a target that takes what came after the freeze out of its order",
    plant: ({ mock }) => {
      const { committed } = ArrivalDesk.prototype;
      mock.method(
        ArrivalDesk.prototype,
        "committed",
        function (this: ArrivalDesk<unknown, unknown>, from: string, commit: CommitCargo<unknown>) {
          committed.call(this, from, { ...commit, postFreeze: commit.postFreeze.toReversed() });
        },
      );
    },
    seenBy: /in order/,
  },
  {
    name: "an actor that leaves before what it has sent has come",
    plant: ({ mock }) => {
      const { frozen } = MigrationDesk.prototype;
      mock.method(
        MigrationDesk.prototype,
        "frozen",
        function (this: MigrationDesk<unknown, unknown>, aid: string, cargo: unknown) {
          frozen.call(this, aid, cargo, []);
        },
      );
    },
    seenBy: /in order/,
    // The hundred seeds before take a minute and do not show it.
    firstSeed: 101,
  },
];

for (const { name, plant, seenBy, firstSeed = 1 } of plantedBugs) {
  test(`${name} is caught within ${seedsToCatch} clusters with moving actors`, async (context) => {
    plant(context);
    for (let seed = firstSeed; seed < firstSeed + seedsToCatch; seed++) {
      const { violation } = await simulate({ ...moving, seed });
      if (!violation) continue;
      assert.match(violation.checker, seenBy, violation.statement);
      context.diagnostic(`seed ${seed}: ${violation.checker}: ${violation.statement}`);
      return;
    }
    assert.fail(`${seedsToCatch} seeds did not show it`);
  });
}
