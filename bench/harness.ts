// Measures side by side. Machines are shared and noisy, so no figure stands alone: ours and its peers
// take turns (ours, peer, ours, peer, …), and a claim is the ratio of two neighbouring rounds.
//
//   warm-up      ours  A  B          not counted
//   round 1      ours  A  B          ratio ours/A, ours/B
//   round 2      ours  A  B          ratio ours/A, ours/B
//   …                                median, least and greatest of these
//
// A subject whose every round is a fresh process warms itself up within the round instead.
import { Failure } from "#protocols/failure.ts";
import type { Absence, Contest, ContestOutcome, Goal, Round, Subject } from "./contest.ts";
import { ratioOf, rowOf } from "./contest-figures.ts";

export const roundsMin = 3;

/**
 * Runs the contest. A peer whose round fails or hangs is tried once more, then left out from there on, and the
 * outcome tells why; without ours there is nothing to tell. Fails with `invalid` when it could prove nothing, before anything is run.
 */
export async function compete(contest: Contest): Promise<ContestOutcome> {
  check(contest);
  const warmUps = contest.warmUps === "within rounds" ? 0 : contest.warmUps;
  const taken = new Map<Subject, Round[]>();
  for (const subject of [contest.ours, ...contest.peers]) taken.set(subject, []);
  const absent: Absence[] = [];
  for (let index = -warmUps; index < contest.rounds; index += 1) {
    for (const [subject, rounds] of taken) {
      try {
        const isOurs = subject === contest.ours;
        const round = isOurs ? await measured(subject) : await measuredAtLast(subject);
        if (index >= 0) rounds.push(round);
      } catch (error) {
        if (subject === contest.ours) throw error;
        taken.delete(subject);
        absent.push({ peer: `${subject.peer} in ${contest.workload}`, reason: reasonOf(error) });
      }
    }
  }
  const { goals, workload } = contest;
  const ours = taken.get(contest.ours) ?? [];
  return {
    rows: [...taken].map(([subject, rounds]) => rowOf(workload, subject, rounds)),
    ratios: goals.flatMap((goal) => {
      const peer = peerOf(contest, goal);
      const theirs = peer && taken.get(peer);
      return peer && !theirs ? [] : [ratioOf(workload, goal, { ours, theirs })];
    }),
    ...(absent.length > 0 && { absent }),
  };
}

const reasonOf = (error: unknown): string => Failure.of(error).detail.split("\n", 1)[0] ?? "";

const measuredAtLast = (subject: Subject): Promise<Round> =>
  measured(subject).catch(() => measured(subject));

async function measured(subject: Subject): Promise<Round> {
  const round = await subject.round();
  if (round.n > 0 && round.elapsedMs > 0 && Number.isFinite(round.elapsedMs)) return round;
  throw new Failure(
    "invalid",
    `a round of ${subject.peer} did ${round.n} operations in ${round.elapsedMs} ms; it needs some of both`,
  );
}

function check(contest: Contest): void {
  const { goals, peers, rounds, warmUps, workload } = contest;
  if (!Number.isInteger(rounds) || rounds < roundsMin) {
    throw new Failure(
      "invalid",
      `${workload}: ${rounds} rounds prove nothing, use ${roundsMin} or more`,
    );
  }
  if (warmUps !== "within rounds" && (!Number.isInteger(warmUps) || warmUps < 1)) {
    throw new Failure(
      "invalid",
      `${workload}: ${warmUps} warm-ups; the first round is never typical`,
    );
  }
  const names = new Set([contest.ours, ...peers].map((subject) => subject.peer));
  if (names.size !== peers.length + 1) {
    throw new Failure(
      "invalid",
      `${workload}: two subjects have one name among ${[...names].join(", ")}`,
    );
  }
  for (const goal of goals) peerOf(contest, goal);
}

function peerOf(contest: Contest, goal: Goal): Subject | undefined {
  if (goal.as === "value") return undefined;
  const peer = contest.peers.find((subject) => subject.peer === goal.against);
  if (peer) return peer;
  throw new Failure("invalid", `${contest.workload}: the goal names ${goal.against}, no peer does`);
}
