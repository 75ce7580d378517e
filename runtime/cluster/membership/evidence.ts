// What was seen of a node that it should be heard of, and what follows from it. Pure.
//
// Two things are seen: whether its heartbeats come, and what dialling it shows. Neither alone tells
// a process that is gone from one that stands still or a wire that is cut:
//
//   heartbeats     dialling               verdict
//   come           -                      trusted, unless it does not hear us, or cannot be reached: one_way
//   overdue        refused                closed        its process is gone; at once, or after 50 ms where it was never heard
//   overdue        taken, not greeted     frozen        its kernel lives, its process stands still
//   overdue        unanswered, broken     unreachable   its machine is gone, or all ways to it
//   silent         alive                  blocked       its wire is served, its event loop is not
//   silent         any of the last two    one_way       when others still hear it
//
// `overdue` is one heartbeat that should be here by now; `silent` is what the failure detector says.
// What dialling shows counts before silence only if it was seen after the last heartbeat.
import type { DialKind, DialSight } from "#protocols/cluster/dial-sight.ts";

export const verdictKinds = [
  "trusted",
  "closed",
  "frozen",
  "unreachable",
  "one_way",
  "blocked",
] as const;
export type VerdictKind = (typeof verdictKinds)[number];

export interface Verdict {
  readonly kind: VerdictKind;
  /** In words, for the log. */
  readonly reason: string;
}

/** What another says of its hearing; `unknown` where it says nothing. */
export type Hearing = "yes" | "no" | "unknown";

export interface Observation {
  readonly nowMs: number;
  /** When it was heard last; when it began to be watched, if never. */
  readonly heardMs: number;
  readonly wasHeard: boolean;
  /** Of the failure detector. */
  readonly isSilent: boolean;
  /** Milliseconds between its heartbeats. */
  readonly intervalMs: number;
  /** Of each way on which it is dialled. */
  readonly dials: readonly DialSight[];
  readonly hearsUs: Hearing;
  /** Of those that watch it beside us. */
  readonly isHeardByOthers: Hearing;
}

export function judge(seen: Observation): Verdict {
  const silenceMs = Math.round(seen.nowMs - seen.heardMs);
  const since = seen.wasHeard
    ? `no heartbeat for ${silenceMs} ms`
    : `no heartbeat in the ${silenceMs} ms since it is watched`;
  if (seen.isSilent) return judgeSilent(seen, since);
  return judgeOverdue(seen, since) ?? judgeHeard(seen);
}

function judgeSilent(seen: Observation, since: string): Verdict {
  const wire = wireOf(seen.dials);
  if (wire === "refused" || wire === "hung_up") {
    return { kind: "closed", reason: `${words[wire]}; ${since}` };
  }
  if (wire === "no_handshake") return { kind: "frozen", reason: `${words[wire]}; ${since}` };
  if (seen.isHeardByOthers === "yes") {
    return { kind: "one_way", reason: `${words[wire]}; ${since}, but others hear it` };
  }
  return { kind: wire === "alive" ? "blocked" : "unreachable", reason: `${words[wire]}; ${since}` };
}

/** Silence is not certain yet, but dialling has shown something since the last heartbeat. */
function judgeOverdue(seen: Observation, since: string): Verdict | undefined {
  const { dials, heardMs, intervalMs, nowMs } = seen;
  const wire = wireOf(dials);
  const news = dials.find(({ kind, sinceMs }) => kind === wire && sinceMs >= heardMs);
  if (!news) return undefined;
  // Who was never heard may have left as it was being met: that news is then on its way.
  const isSure = seen.wasHeard || nowMs - news.sinceMs >= newsMs;
  if (wire === "refused" && isSure) {
    return { kind: "closed", reason: `${words.refused}; ${since}` };
  }
  const isOverdue = nowMs - heardMs >= intervalMs * overdueIntervals;
  if (!isOverdue) return undefined;
  if (wire === "no_handshake") return { kind: "frozen", reason: `${words[wire]}; ${since}` };
  if (wire !== "unanswered" && wire !== "broken") return undefined;
  const kind = seen.isHeardByOthers === "yes" ? "one_way" : "unreachable";
  return { kind, reason: `${words[wire]}; ${since}` };
}

function judgeHeard({ dials, hearsUs, heardMs }: Observation): Verdict {
  if (hearsUs === "no") {
    return { kind: "one_way", reason: "its heartbeats come, and say that it does not hear us" };
  }
  const closedWay = dials.find(({ kind, sinceMs }) => isWayClosed(kind) && sinceMs < heardMs);
  if (!closedWay) return { kind: "trusted", reason: "its heartbeats come" };
  return { kind: "one_way", reason: `its heartbeats come, but ${words[closedWay.kind]}` };
}

/** Milliseconds that news of a leave takes at most where nothing is wrong. */
const newsMs = 50;

/** A heartbeat is overdue after so many intervals. */
export const overdueIntervals = 1.5;

const isWayClosed = (kind: DialKind): boolean =>
  kind === "refused" || kind === "unanswered" || kind === "no_handshake";

/** The first that was seen on any way: what speaks for the process, then what says most. */
const wireOrder: readonly DialKind[] = [
  "alive",
  "refused",
  "no_handshake",
  "unanswered",
  "broken",
  "hung_up",
  "unwelcome",
];

function wireOf(dials: readonly DialSight[]): DialKind | "unknown" {
  return wireOrder.find((wire) => dials.some(({ kind }) => kind === wire)) ?? "unknown";
}

const words: Readonly<Record<DialKind | "unknown", string>> = {
  alive: "its connections stand",
  refused: "its machine says that nobody listens at its address",
  no_handshake: "its address takes connections, but nobody greets",
  unanswered: "its address does not answer at all",
  broken: "its connections broke",
  hung_up: "its address takes connections and ends them at once",
  unwelcome: "who answers at its address is not it, or does not want us",
  unknown: "nothing is known of its connections",
};
