// What membership costs a node: the messages that reach it each second, among few nodes and among many.
// In virtual time, so that the figures are exact, and the same on every machine.
import { Failure } from "#protocols/failure.ts";
import type { ContestOutcome, Round, Scale, SuiteOutcome } from "../contest.ts";
import { compete } from "../harness.ts";
import { MemberCrowd } from "./member-crowd.ts";

/** Nodes, and the most messages that may reach one each second: 10 heartbeats and a renewal, and some. */
const sizes = { full: [10, 50, 100, 500], quick: [10, 50] } as const;
const messagesMax = 14;
/** Virtual milliseconds of a round. */
const roundMs = 9_000;
const rounds = 3;

export async function run(scale: Scale, only = ""): Promise<SuiteOutcome> {
  const contests: ContestOutcome[] = [];
  for (const nodes of sizes[scale]) {
    const workload = `W13 messages a node and second, ${nodes} members`;
    if (workload.includes(only)) contests.push(await contest(workload, nodes));
  }
  return { packages: [], contests, absent: [] };
}

async function contest(workload: string, nodes: number): Promise<ContestOutcome> {
  console.error(workload);
  const crowd = new MemberCrowd();
  await crowd.join(nodes);
  const round = async (): Promise<Round> => {
    const n = (await crowd.messagesIn(roundMs)) / nodes;
    const { suspicions, upCount } = crowd;
    if (suspicions === 0 && upCount === nodes * nodes) return { n, elapsedMs: roundMs };
    const seen = `${suspicions} suspicions, and ${upCount} of ${nodes * nodes} views of a member as up`;
    throw new Failure(
      "invalid",
      `${workload}: nothing is wrong with any member, but there were ${seen}`,
    );
  };
  try {
    return await compete({
      workload,
      ours: { peer: "troupe", variant: "5 monitors", round },
      peers: [],
      goals: [{ measure: "perSecond", as: "value", bound: { atMost: messagesMax } }],
      rounds,
      warmUps: 1,
    });
  } finally {
    await crowd.end();
  }
}
