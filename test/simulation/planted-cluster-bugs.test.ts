// Bugs planted in the real code of whole clusters: each is caught by the check that is there for it.
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import type { Entry } from "#protocols/cluster/directory-data.ts";
import { decodeFrame } from "#protocols/frame-layout.ts";
import { DirectorySessions } from "#runtime/cluster/directory/directory-sessions.ts";
import { DirectoryTable } from "#runtime/cluster/directory/directory-table.ts";
import { SessionKeeperActor } from "#runtime/cluster/directory/session-keeper.ts";
import { Membership } from "#runtime/cluster/membership/membership.ts";
import { Handling } from "#runtime/core/handling.ts";
import { Household } from "#runtime/core/household.ts";
import { Readiness } from "#runtime/core/readiness.ts";
import { FrameGuard } from "#runtime/links/frame-guard.ts";
import { ReceiveWindow, type WindowVerdict } from "#runtime/links/receive-window.ts";
import { ResendBuffer } from "#runtime/links/resend-buffer.ts";
import type { FaultSource } from "#runtime/testkit/simulation/fault-swarm.ts";
import { simulate } from "#runtime/testkit/simulation/simulate.ts";
import { SimulatedDirectoryJournal } from "#runtime/testkit/simulation/simulated-directory-journal.ts";
import { cluster } from "./cluster-scenario.ts";

const seedsToCatch = 200;

/** The director's disk is slow all the time, and it crashes now and then. */
const directorFaults: FaultSource = ({ chance, nodes: [director = "a"], untilMs }) => {
  const slow = { kind: "disk-slow", atMs: 0, node: director, forMs: untilMs, factor: 100 } as const;
  const crashes = Array.from({ length: 5 }, (_, index) => {
    const atMs = chance.within({ min: (index * untilMs) / 6, max: ((index + 1) * untilMs) / 6 });
    return { kind: "crash", atMs, node: director, downMs: 50 } as const;
  });
  return [slow, ...crashes];
};

interface PlantedBug {
  readonly name: string;
  readonly plant: (context: TestContext) => void;
  readonly seenBy: RegExp;
  /** Faults that bring it out soon. Default: those of the scenario. */
  readonly faults?: FaultSource;
}

const plantedBugs: readonly PlantedBug[] = [
  {
    name: "a word of a session that is taken for its end",
    plant: ({ mock }) => {
      const { put } = Membership.prototype;
      mock.method(Membership.prototype, "put", function (this: Membership, entry: Entry): void {
        this.removed(entry);
        put.call(this, entry);
      });
    },
    seenBy: /members agree/,
  },
  {
    name: "a suspicion that is never taken back",
    plant: ({ mock }) => {
      const { judged } = Membership.prototype;
      mock.method(
        Membership.prototype,
        "judged",
        function (this: Membership, ...args: Parameters<typeof judged>): void {
          if (args[1].kind !== "trusted") judged.apply(this, args);
        },
      );
    },
    seenBy: /members agree/,
  },
  {
    name: "a sender that does not wait for the acknowledgement",
    plant: ({ mock }) => {
      mock.method(ResendBuffer.prototype, "rewind", function (this: ResendBuffer) {
        this.acknowledge(this.nextSequence - 1);
      });
    },
    // What vanishes may be a message of the scenario, or a word of membership or of the receptionist.
    seenBy: /no gap|nothing vanishes|verify|terminated once|members agree/,
  },
  {
    name: "a receiver that does not drop what comes again",
    plant: ({ mock }) => {
      const { judge } = ReceiveWindow.prototype;
      mock.method(
        ReceiveWindow.prototype,
        "judge",
        function (this: ReceiveWindow, ...args: Parameters<typeof judge>): WindowVerdict {
          const verdict = judge.apply(this, args);
          return verdict.kind === "repeat" ? { kind: "next", skip: 0 } : verdict;
        },
      );
    },
    seenBy: /at most once|in order|terminated once/,
  },
  {
    name: "a directory that answers before its disk has kept anything",
    plant: ({ mock }) => {
      const { commit } = SimulatedDirectoryJournal.prototype;
      mock.method(
        SimulatedDirectoryJournal.prototype,
        "commit",
        function (this: SimulatedDirectoryJournal, ...args: Parameters<typeof commit>) {
          commit.apply(this, args).catch(() => {});
          return Promise.resolve();
        },
      );
    },
    seenBy: /one owner|found once|nothing vanishes|verify/,
    faults: directorFaults,
  },
  {
    name: "an owner that has the fence of the one before",
    plant: ({ mock }) => {
      const { put } = DirectoryTable.prototype;
      const former = new WeakMap<DirectoryTable, Map<string, number>>();
      mock.method(
        DirectoryTable.prototype,
        "put",
        function (this: DirectoryTable, ...args: Parameters<typeof put>) {
          const entry = put.apply(this, args);
          const revisions = former.get(this) ?? new Map<string, number>();
          former.set(this, revisions);
          const revision = revisions.get(entry.key) ?? entry.revision;
          revisions.set(entry.key, revision);
          return { ...entry, revision };
        },
      );
    },
    seenBy: /one owner/,
  },
  {
    name: "a node that does not notice that its session has run out",
    plant: ({ mock }) => {
      mock.method(SessionKeeperActor.prototype, "look", () => {});
    },
    seenBy: /one owner|verify/,
  },
  {
    name: "a directory that ends sessions before their time",
    plant: ({ mock }) => {
      const { expired } = DirectorySessions.prototype;
      mock.method(
        DirectorySessions.prototype,
        "expired",
        function (this: DirectorySessions, nowMs: number) {
          return expired.call(this, nowMs + 1_000);
        },
      );
    },
    seenBy: /one owner/,
  },
  {
    name: "a node that throws rubbish away without counting it",
    plant: ({ mock }) => {
      const { read } = FrameGuard.prototype;
      mock.method(FrameGuard.prototype, "read", function (this: FrameGuard, parts: Buffer[]) {
        try {
          decodeFrame(parts);
        } catch {
          return undefined;
        }
        return read.call(this, parts);
      });
    },
    seenBy: /rubbish refused/,
  },
  {
    name: "an actor that takes the next message while it awaits something",
    plant: ({ mock }) => {
      const { await: wait } = Readiness.prototype;
      mock.getter(Handling.prototype, "isBusy", () => false);
      mock.method(
        Readiness.prototype,
        "await",
        function (this: Readiness, ...args: Parameters<typeof wait>) {
          wait.apply(this, args);
          if (this.actor) this.run(this.actor);
        },
      );
    },
    seenBy: /one at a time/,
  },
  {
    name: "a stop that waits behind messages",
    plant: ({ mock }) => {
      const { stop } = Household.prototype;
      mock.method(
        Household.prototype,
        "stop",
        function (this: Household, ...[, ended]: Parameters<typeof stop>) {
          stop.call(this, "drain", ended);
        },
      );
    },
    seenBy: /system first/,
  },
];

for (const { name, plant, seenBy, faults } of plantedBugs) {
  test(`${name} is caught within ${seedsToCatch} whole clusters`, async (context) => {
    plant(context);
    for (let seed = 1; seed <= seedsToCatch; seed++) {
      const { violation } = await simulate({ ...cluster, ...(faults ? { faults } : {}), seed });
      if (!violation) continue;
      assert.match(violation.checker, seenBy, violation.statement);
      context.diagnostic(`seed ${seed}: ${violation.checker}: ${violation.statement}`);
      return;
    }
    assert.fail(`${seedsToCatch} seeds did not show it`);
  });
}
