// A process's place among the nodes of a cluster: joined once, and again whenever the node could not go
// on, as after it was cut off for longer than its session lasts; until it is closed.
//
//   joining ──► joined ──(failed)──► joining anew, with a higher incarnation ──► …
//                  └────── close ──────────────┴──► closed
//
// A later process of the same name takes its place, as one that was started again does: then this one is
// over, too, for two that join by turns would have nothing of it. And so it is when what is to live in the
// node cannot begin: that would fail the same way in each further life.

import { formatNode } from "#protocols/address.ts";
import { nodesPrefix } from "#protocols/cluster/directory-data.ts";
import { Failure } from "#protocols/failure.ts";
import type { Protocol } from "#protocols/protocol.ts";
import { Store } from "#protocols/tasks/cluster-store.ts";
import { ControlChannel, ControlHandler, NodeControl } from "#protocols/tasks/control.ts";
import { NodeAgent, NodeRegistry } from "#protocols/tasks/node.ts";
import { Queue } from "#protocols/tasks/queue.ts";
import { State } from "#protocols/tasks/state.ts";
import { StateListener } from "#protocols/tasks/state-notices.ts";
import { Worker } from "#protocols/tasks/worker.ts";
import { readMember } from "#runtime/cluster/membership/member.ts";
import { backoffDelay } from "#runtime/core/backoff.ts";
import { JoinedSignal } from "#runtime/core/joined-signal.ts";
import type { Observer } from "#runtime/core/observer.ts";
import { nodeClock } from "#runtime/host/node-clock.ts";
import { incarnationAfter } from "#runtime/host/node-incarnation.ts";
import { pause } from "#runtime/host/pause.ts";
import { openCurveSecurity } from "#runtime/links/curve-security.ts";
import { type LinkSecurity, plainSecurity } from "#runtime/links/link-security.ts";
import { type StartedNode, startSystem } from "#runtime/start-system.ts";
import type { CheckedTerms } from "./client-terms.ts";
import { ComplaintLog, lookAtDirector } from "./director-look.ts";
import { bearerNameOf, NameBearerActor } from "./name-bearer.ts";

export interface ConnectionOptions {
  readonly terms: CheckedTerms;
  readonly observer?: Observer;
  /** Each life of this node: spawns what is to live in it. What it throws ends that life, and all of this. */
  readonly joined?: (node: StartedNode) => void;
}

/** All that may stand behind a ref in a message. */
const protocols: readonly Protocol<unknown>[] = [
  ...[Store, Queue, Worker, NodeRegistry, NodeAgent],
  ...[ControlChannel, ControlHandler, NodeControl, State, StateListener],
];

/** So long may the director be away without this node having to begin anew. */
const sessionMs = 15_000;
const firstSession = { predecessor: "unknown", opens: "at-once" } as const;
const furtherSession = { predecessor: "gone", opens: "with-first-claim" } as const;
const rejoining = { delayMsMin: 100, delayMsMax: 2_000, factor: 2, jitter: 0.5 };
/** Milliseconds for leaving, phase by phase: a director that is away is not waited for. */
const endingMs = { "stop-actors": 2_000, "leave-cluster": 500, "close-links": 1_000 } as const;

interface Life {
  readonly node: StartedNode;
  /** Aborted when it begins to end. */
  readonly ending: AbortController;
  readonly security: LinkSecurity;
  /** Undefined as long as the node can go on. */
  failure: Failure | undefined;
}

export class ClusterConnection {
  readonly #options: ConnectionOptions;
  readonly #closing = new AbortController();
  #incarnation = 0;
  #life: Life | undefined;
  /** Why it is over, though nobody closed it. */
  #givenUp: Failure | undefined;
  /** Settles when no life is being begun or ended. */
  #change: Promise<void> = Promise.resolve();

  private constructor(options: ConnectionOptions) {
    this.#options = options;
  }

  /**
   * Fails as `startSystem`, with `unavailable` when the director does not let it in, in time, and with
   * whatever `joined` throws; then nothing is left of it.
   */
  static async open(options: ConnectionOptions): Promise<ClusterConnection> {
    const connection = new ClusterConnection(options);
    await connection.#begin();
    return connection;
  }

  get name(): string {
    return this.#options.terms.name;
  }

  /** Aborted by `close`. */
  get closed(): AbortSignal {
    return this.#closing.signal;
  }

  /** Why nothing more can be asked, once it is closed. */
  get over(): Failure {
    if (this.#givenUp) return this.#givenUp;
    return new Failure("cancelled", `the connection of ${this.name} is closed; open another`);
  }

  /** As it lives now. Fails with `unavailable` in between lives, and with `cancelled` when closed. */
  get node(): StartedNode {
    if (this.closed.aborted) throw this.over;
    if (this.#life) return this.#life.node;
    throw this.#inBetween();
  }

  /** Settles as the work does; fails as `node` when this life ends before. */
  whileAlive<R>(work: Promise<R>): Promise<R> {
    const { signal } = this.#life?.ending ?? {};
    if (signal === undefined) return work;
    return new Promise((resolve, reject) => {
      const end = (): void => reject(this.closed.aborted ? this.over : this.#inBetween());
      signal.addEventListener("abort", end, { once: true });
      const settled = (): void => signal.removeEventListener("abort", end);
      work.then(resolve, reject).then(settled);
    });
  }

  /** Ends this life and begins the next. Settles when that has joined; fails when it was closed instead. */
  async rejoin(): Promise<void> {
    this.#end((life) => this.#renew(life));
    await this.#change;
    if (this.closed.aborted) throw this.over;
  }

  /** Leaves the cluster, and ends all that was opened here. Again: waits for the same. */
  async close(): Promise<void> {
    this.#closing.abort();
    await this.#change;
    this.#end((life) => ended(life));
    await this.#change;
  }

  async #begin(): Promise<void> {
    const life = await this.#join();
    void life.node.failed.then((failure) => {
      life.failure = failure;
      if (this.#life !== life || this.closed.aborted) return;
      this.#log("warn", `lost its cluster, so it joins again: ${failure.detail}`);
      this.#end((lost) => this.#renew(lost));
    });
    this.#life = life;
    await this.#introduce(life);
  }

  /** Has what is to live in the node begin there, or ends this life. */
  async #introduce(life: Life): Promise<void> {
    try {
      const begun: unknown = this.#options.joined?.(life.node);
      if (begun instanceof Promise) begun.catch((cause) => this.#endFor(cause, life));
    } catch (cause) {
      this.#life = undefined;
      life.ending.abort();
      const lost = await failureBy(life);
      await ended(life);
      // In a node that had failed nothing could begin: the next life may do better.
      if (lost) throw lost;
      this.#giveUp(cannotBegin(this.name, cause));
      throw cause;
    }
  }

  /** It went on beginning when it had been answered, and failed then. */
  #endFor(cause: unknown, life: Life): void {
    if (this.#life !== life || this.closed.aborted) return;
    this.#giveUp(cannotBegin(this.name, cause));
    this.#end((last) => ended(last));
  }

  #giveUp(why: Failure): void {
    this.#givenUp = why;
    this.#log("error", `does not join again: ${why.detail}`);
    this.#closing.abort();
  }

  #inBetween(): Failure {
    const text = `${this.name} has lost its cluster and is joining it again; try again in a moment`;
    return new Failure("unavailable", text);
  }

  #end(next: (life: Life) => Promise<void>): void {
    const life = this.#life;
    if (!life) return;
    this.#life = undefined;
    life.ending.abort();
    this.#change = next(life);
  }

  async #renew(life: Life): Promise<void> {
    await ended(life);
    for (let attempt = 1; !this.closed.aborted; attempt += 1) {
      try {
        await this.#begin();
        return;
      } catch (cause) {
        if (this.closed.aborted) return;
        this.#log("warn", `not joined yet: ${Failure.of(cause).detail}`);
        await pause(backoffDelay(rejoining, attempt, Math.random()), this.closed);
      }
    }
  }

  async #join(): Promise<Life> {
    const { bind, cluster, director, directorName, name, log, joinWithinMs } = this.#options.terms;
    const { observer } = this.#options;
    const heard = new ComplaintLog(log);
    const former = this.#incarnation;
    this.#incarnation = incarnationAfter(former, nodeClock.wall());
    const security = await this.#security(heard);
    const node = await startSystem({
      ...{ node: { name, incarnation: this.#incarnation }, bind, director: directorName },
      session: { ttlMs: sessionMs, ...(former === 0 ? firstSession : furtherSession) },
      ...{ peers: new Map([[directorName, director]]), protocols, log: heard, security },
      ...(cluster === undefined ? {} : { cluster }),
      ...(observer === undefined ? {} : { observer }),
    }).catch((cause: unknown) => {
      security.close();
      throw cause;
    });
    const life: Life = { node, security, ending: new AbortController(), failure: undefined };
    try {
      if (former > 0) await this.#claimName(node, former);
      await this.#admitted(node, joinWithinMs);
      return life;
    } catch (cause) {
      await ended(life);
      throw await this.#refused(Failure.of(cause), heard);
    }
  }

  /** Opens the session, unless another process has had the name since the former life of this one. */
  async #claimName({ session, system }: StartedNode, former: number): Promise<void> {
    const { name } = system.node;
    const entry = await session.directory.get(`${nodesPrefix}${name}`);
    const seen = entry && readMember(entry);
    if (seen && seen.node.incarnation > former) {
      const text = `${formatNode(seen.node)} has joined since under the same name; give each process a name of its own`;
      const displaced = new Failure("name_taken", text);
      this.#giveUp(displaced);
      throw displaced;
    }
    await system.register(bearerNameOf(name), system.spawn(NameBearerActor));
  }

  async #admitted({ session, failed }: StartedNode, withinMs: number): Promise<void> {
    const over = new JoinedSignal([this.closed]);
    const late = pause(withinMs, over.signal).then(() => {
      throw new Failure("timeout", `it has not answered within ${withinMs} ms`);
    });
    const lost = failed.then((failure) => Promise.reject(failure));
    try {
      await Promise.race([session.opened, lost, late]);
    } finally {
      over.abort();
    }
  }

  async #refused(failure: Failure, { complaints }: ComplaintLog): Promise<Failure> {
    const { director, directorName, name } = this.#options.terms;
    if (this.closed.aborted) return this.over;
    const seen = [failure.detail, await lookAtDirector(director), ...complaints].filter(Boolean);
    const text = `${name} could not join the cluster of ${directorName} at ${director}: `;
    return new Failure("unavailable", `${text}${seen.join("; ")}`, failure);
  }

  async #security(log: ComplaintLog): Promise<LinkSecurity> {
    const { keys, name, openTo } = this.#options.terms;
    if (keys === undefined) return plainSecurity(openTo);
    return openCurveSecurity({ node: name, folder: keys, clock: nodeClock, log });
  }

  #log(level: "warn" | "error", message: string): void {
    this.#options.terms.log.write(level, "/client", message);
  }
}

async function ended({ node, security }: Life): Promise<void> {
  await node.system.shutdown(endingMs);
  security.close();
}

/** Of the node itself: all that is settled by now has been heard. */
async function failureBy(life: Life): Promise<Failure | undefined> {
  await new Promise((heard) => setImmediate(heard));
  return life.failure;
}

function cannotBegin(name: string, cause: unknown): Failure {
  const { detail } = Failure.of(cause);
  const text = `what was to begin in the node ${name} when it had joined failed: ${detail}; mend \`joined\`, then join again`;
  return new Failure("cancelled", text, cause);
}
