// A node's view of the cluster: it says twice a second that it runs, hears those that it watches, and
// keeps the members as the directory and its own verdicts have them. Each change goes to `memberTopic`.
//
//   directory ─► members ─► whom to watch ─► wire ─► heartbeats, dial sights ─► verdicts ─► members
//
// A look that comes too late says that this process stood still: nobody is judged by it, and all
// have the time that they could not be heard in on top.
import { formatNode } from "#protocols/address.ts";
import { nodesPrefix, type PlainValue } from "#protocols/cluster/directory-data.ts";
import { decodeHeartbeat, encodeHeartbeat } from "#protocols/cluster/heartbeat.ts";
import { membershipLimits } from "#protocols/cluster/membership-limits.ts";
import {
  type LinkSight,
  type Member,
  MembershipService,
} from "#protocols/cluster/membership-protocol.ts";
import type { Exit } from "#protocols/envelope.ts";
import { Failure } from "#protocols/failure.ts";
import type { Handlers } from "#protocols/protocol.ts";
import type { Directory, Entry } from "#runtime/cluster/directory/directory.ts";
import { DirectoryView } from "#runtime/cluster/directory/directory-view.ts";
import type { WaitingPorts } from "#runtime/cluster/directory/patient-call.ts";
import { Actor } from "#runtime/core/actor.ts";
import { invariant } from "#runtime/core/invariant.ts";
import { type DetectorTerms, detectorDefaults } from "./failure-detector.ts";
import type { HeartbeatWire } from "./heartbeat-wire.ts";
import { type MemberEvent, memberTopic } from "./member.ts";
import type { Members } from "./members.ts";
import { Membership } from "./membership.ts";
import { checkMonitors } from "./monitors.ts";
import { type Suspects, suspectsValue } from "./suspicion-votes.ts";
import { WatchList } from "./watch-list.ts";

export interface HeartbeatsOptions extends HeartbeatPace {
  readonly directory: Directory;
  /** The node's clock and timers. */
  readonly ports: WaitingPorts;
  readonly wire: HeartbeatWire;
  /** Where everybody on this node looks. */
  readonly members: Members;
  /**
   * Called once for each incarnation of another node that is down without having left: links must
   * quarantine it.
   */
  readonly down: (member: Member) => void;
  /** Tells the others whom this node suspects, as the state of its session. */
  readonly suspect: (suspects: PlainValue | undefined) => void;
  /** When a heartbeat counts as missing. */
  readonly detector?: DetectorTerms;
}

export interface HeartbeatPace {
  /** How many watch one node, 3 to 9; all nodes must say the same. Default: 5. */
  readonly monitors?: number;
  /** Milliseconds between two heartbeats of this node, 10 to 60,000. Default: 500. */
  readonly heartbeatMs?: number;
}

/** Fails with `invalid` out of bounds. */
export function checkPace({ monitors, heartbeatMs }: HeartbeatPace): void {
  const { heartbeatMsMax, heartbeatMsMin } = membershipLimits;
  if (monitors !== undefined) checkMonitors(monitors);
  if (heartbeatMs === undefined) return;
  if (heartbeatMs >= heartbeatMsMin && heartbeatMs <= heartbeatMsMax) return;
  const bounds = `${heartbeatMsMin} to ${heartbeatMsMax}`;
  throw new Failure("invalid", `heartbeatMs is ${heartbeatMs}: give ${bounds}`);
}

interface Heard {
  readonly peer: string;
  readonly frame: Buffer;
}

interface Own {
  beat(): void;
  look(): void;
  heard(heard: Heard): void;
  dialled(seen: LinkSight): void;
  entryPut(entry: Entry): void;
  entryRemoved(entry: Entry): void;
}

interface Parts {
  readonly membership: Membership;
  readonly watchList: WatchList;
  readonly view: DirectoryView;
}

export class HeartbeatsActor
  extends Actor<MembershipService, Required<HeartbeatsOptions>, Own>
  implements Handlers<MembershipService & Own>
{
  static readonly protocol = MembershipService;
  // What the directory says is never dropped for a heartbeat, of which a newer one will come.
  static readonly mailbox = {
    capacity: membershipLimits.heartbeatsWaitingMax,
    whenFull: "drop-oldest",
    priorities: { beat: 0, look: 6, heard: 5, dialled: 5, linkDialled: 5 },
  } as const;
  static initial(options: HeartbeatsOptions): Required<HeartbeatsOptions> {
    const { monitors = membershipLimits.monitors, heartbeatMs = membershipLimits.heartbeatMs } =
      options;
    checkPace({ monitors, heartbeatMs });
    // Others beat as this one does: who is to be heard each 5 s is not late before that.
    const intervalMs = Math.max(detectorDefaults.intervalMs, heartbeatMs);
    const detector = options.detector ?? { ...detectorDefaults, intervalMs };
    return { ...options, monitors, heartbeatMs, detector };
  }

  #parts: Parts | undefined;
  #sequence = 0;
  #lookedMs = 0;
  #hasRefused = false;
  #isChoiceOld = false;
  /** Of whom the others were told. */
  #told: Suspects | undefined;

  override start(): void {
    const { detector: terms, directory, heartbeatMs, members, monitors, ports, wire } = this.state;
    const self = this.ctx.node;
    const membership = new Membership((event) => this.#happened(event), monitors);
    members.attend(membership);
    const watchList = new WatchList({
      self,
      monitors,
      terms,
      wire,
      cannotWatch: (peer, { code, detail }) => {
        this.ctx.log("warn", `the heartbeats of ${peer} cannot be heard: ${detail}`, { code });
      },
    });
    const view = new DirectoryView(directory, nodesPrefix, ports, {
      put: (entry) => this.ctx.send("entryPut", entry),
      removed: (entry) => this.ctx.send("entryRemoved", entry),
    });
    this.#parts = { membership, watchList, view };
    wire.attend({
      heard: (peer, frame) => this.ctx.send("heard", { peer, frame }),
      dialled: (peer, sight) => this.ctx.send("dialled", { peer, sight }),
    });
    // A number that no earlier instance of this actor has reached.
    this.#sequence = Math.floor(this.ctx.wall());
    this.#lookedMs = this.ctx.now();
    this.ctx.every({ ms: membershipLimits.lookMs, key: "look" }, "look");
    this.ctx.every({ ms: heartbeatMs, key: "beat" }, "beat");
    this.beat();
  }

  override stopped(exit: Exit): void {
    this.#parts?.view.close();
    this.#parts?.watchList.close();
    // Another instance goes on with it after a crash.
    if (exit.kind === "stopped") this.state.wire.close();
  }

  members(): readonly Member[] {
    return this.#running.membership.members;
  }

  linkDialled({ peer, sight }: LinkSight): void {
    this.#running.watchList.dialled(peer, "link", sight);
    this.#judgeSoon();
  }

  beat(): void {
    const { heartbeatMs: intervalMs, members, wire } = this.state;
    const nowMs = this.ctx.now();
    // Who has just stood still does not say that it misses all others.
    const isLate = this.#isLate(nowMs);
    const { hears, misses } = this.#running.watchList.hearing(nowMs);
    this.#sequence += 1;
    members.beat("sent");
    wire.publish(
      encodeHeartbeat({
        node: this.ctx.node,
        sequence: this.#sequence,
        intervalMs,
        hears,
        misses: isLate ? [] : misses,
      }),
    );
  }

  look(): void {
    const { membership, watchList } = this.#running;
    const nowMs = this.ctx.now();
    const lateMs = nowMs - this.#lookedMs - membershipLimits.lookMs;
    const isLate = this.#isLate(nowMs);
    this.#lookedMs = nowMs;
    if (isLate) {
      watchList.excuse(lateMs, nowMs);
      this.beat();
      return;
    }
    // Once for all that have come and gone since: choosing takes longer than hearing of it.
    if (this.#isChoiceOld) {
      watchList.choose(membership.members, nowMs);
      membership.watching(watchList.names);
    }
    this.#isChoiceOld = false;
    this.#judge(nowMs);
  }

  heard({ peer, frame }: Heard): void {
    const { members } = this.state;
    try {
      const isNews = this.#running.watchList.heard(peer, decodeHeartbeat(frame), this.ctx.now());
      if (isNews) members.beat("heard");
    } catch (error) {
      const { code, detail } = Failure.of(error);
      if (code !== "invalid") throw error;
      members.beat("refused");
      // Once is enough: who sends such a thing sends it twice a second.
      if (!this.#hasRefused) this.ctx.log("warn", `at the address of ${peer}: ${detail}`, { peer });
      this.#hasRefused = true;
    }
  }

  dialled({ peer, sight }: LinkSight): void {
    this.#running.watchList.dialled(peer, "heartbeats", sight);
    this.#judgeSoon();
  }

  entryPut(entry: Entry): void {
    this.#running.membership.put(entry);
  }

  entryRemoved(entry: Entry): void {
    this.#running.membership.removed(entry);
  }

  get #running(): Parts {
    invariant(this.#parts !== undefined, "messages are handled after the start");
    return this.#parts;
  }

  #judge(nowMs: number): void {
    const { membership, watchList } = this.#running;
    for (const { node, verdict } of watchList.verdicts(nowMs)) membership.judged(node, verdict);
    if (membership.suspects === this.#told) return;
    this.#told = membership.suspects;
    this.state.suspect(suspectsValue(membership.suspects));
  }

  /** Not by what is seen right after this process stood still. */
  #judgeSoon(): void {
    const nowMs = this.ctx.now();
    if (!this.#isLate(nowMs)) this.#judge(nowMs);
  }

  #isLate(nowMs: number): boolean {
    return nowMs - this.#lookedMs > 2 * membershipLimits.lookMs;
  }

  #happened(event: MemberEvent): void {
    const { members } = this.state;
    const { node, why } = event.member;
    if (event.kind === "joined" || event.kind === "down") this.#isChoiceOld = true;
    members.happened(event);
    const name = formatNode(node);
    if (event.kind === "suspected") {
      this.ctx.log("warn", `${name} is suspected: ${why}`, { verdict: event.verdict.kind });
    } else if (event.kind === "trusted") {
      this.ctx.log("info", `${name} is trusted again: ${why}`);
    } else if (event.kind === "down") {
      this.#ended(event);
    }
    this.ctx.publish(memberTopic, event);
  }

  /** Who left in order says goodbye on its links itself, and how this node's own session ended it knows. */
  #ended({ end, member }: Extract<MemberEvent, { kind: "down" }>): void {
    const isOwn = member.node.name === this.ctx.node.name;
    const level = end === "lost" && !isOwn ? "warn" : "info";
    this.ctx.log(level, `${formatNode(member.node)} is down: ${member.why}`, { end });
    if (end !== "left" && !isOwn) this.state.down(member);
  }
}
