// The children of one actor and what becomes of them when one fails. Children stand in start order;
// they end in the reverse of it. A child that fails stands still until it is decided about; a restart
// under way is a Recovery, and a child is part of at most one.
import { Failure } from "#protocols/failure.ts";
import { BackoffRow } from "./backoff.ts";
import type { Child } from "./child.ts";
import { Children, type Linked } from "./children.ts";
import { crashOf, inSequence } from "./hooks.ts";
import { invariant } from "./invariant.ts";
import { Recovery } from "./recovery.ts";
import { RestartWindow } from "./restart-window.ts";
import { affected, directiveFor, isBegunAnew, type SupervisionSpec } from "./supervision.ts";

export interface FamilyPorts<C extends Child> {
  now(): number;
  chance(): number;
  /** Calls back after `ms`; answers how to prevent it. */
  after(ms: number, ring: () => void): () => void;
  /** The failure is more than this supervisor may handle; the child stands still. */
  escalate(failure: Failure, child: C): void;
  restarting(child: C, delayMs: number): void;
}

const nothing = (): void => {};

export class Family<C extends Child & Linked<C>> {
  readonly #children = new Children<C>();
  readonly #spec: SupervisionSpec;
  readonly #ports: FamilyPorts<C>;
  readonly #window: RestartWindow;
  /** Each child that does not run again yet, and the restart that it is part of. */
  readonly #recoveries = new Map<C, Recovery<C>>();
  /** Of each child that has failed; with a group strategy all share one. */
  readonly #backoffs = new Map<C, BackoffRow>();
  #groupBackoff: BackoffRow;
  /** Who stands still until the parent is restarted or goes on, and why; undefined: it left. */
  readonly #escalated = new Map<C, Failure | undefined>();
  #isOpen = true;
  /** A handler of the parent goes on, and no child that fails will answer it. */
  #isWaitedFor = false;

  constructor(spec: SupervisionSpec, ports: FamilyPorts<C>) {
    this.#spec = spec;
    this.#ports = ports;
    this.#window = new RestartWindow(spec);
    this.#groupBackoff = this.#createBackoff();
  }

  get all(): readonly C[] {
    return [...this.#children];
  }

  /** False once it ends: nobody is added who would survive it. */
  get isOpen(): boolean {
    return this.#isOpen;
  }

  has(name: string): boolean {
    return this.#children.has(name);
  }

  find(name: string): C | undefined {
    return this.#children.find(name);
  }

  add(child: C): void {
    invariant(this.#isOpen, "no child is added to a family that ends");
    this.#children.add(child);
  }

  /** The child has ended. */
  remove(child: C): void {
    this.#children.delete(child);
    this.#recoveries.get(child)?.forget(child);
    this.#recoveries.delete(child);
    this.#backoffs.delete(child);
    this.#escalated.delete(child);
  }

  /** A new instance of the parent begins: nothing is held against its children. */
  open(): void {
    this.#isOpen = true;
    this.#window.clear();
    this.#groupBackoff = this.#createBackoff();
  }

  /** Decides about a child that has failed and stands still. */
  childFailed(child: C, failure: Failure, during: string): void {
    if (this.#isEnding(child)) {
      this.#hasten(child);
      return;
    }
    const { name, path, restartKind, restarts } = child;
    let directive: ReturnType<typeof directiveFor>;
    try {
      const seen = { name, path, restartKind, restarts, during };
      directive = directiveFor(this.#spec, failure, seen);
    } catch (error) {
      this.#escalate(child, crashOf(error, `decide, asked about ${name},`));
      return;
    }
    switch (directive) {
      case "resume":
        // An instance that never ran cannot go on.
        if (child.life.canResume) child.life.resume();
        else this.#restart(child, failure);
        return;
      case "stop":
        child.life.end(failure, nothing);
        return;
      case "escalate":
        this.#escalate(child, failure);
        return;
      case "restart":
        this.#restart(child, failure);
        return;
      default:
        directive satisfies never;
    }
  }

  /** Decides about a child that wants to end by itself and stands still. */
  childLeft(child: C): void {
    if (this.#isEnding(child)) this.#hasten(child);
    else this.#restart(child, undefined);
  }

  /** The parent goes on in spite of an escalated failure, and with it those who failed. */
  resumeEscalated(): void {
    for (const [child, failure] of [...this.#escalated]) {
      this.#escalated.delete(child);
      if (child.life.canResume) child.life.resume();
      else this.#recover(child, failure);
    }
  }

  /**
   * The parent ends once its handler in progress has: no child is begun anew, and who does not run, or
   * fails from now on, ends at once, since that handler may be waiting for it.
   */
  endStanding(): void {
    const standing = new Set([...this.#recoveries.keys(), ...this.#escalated.keys()]);
    this.#close();
    this.#isWaitedFor = true;
    for (const child of standing) child.life.end(undefined, nothing);
  }

  /** Ends all children, the youngest first; until `open` there are no new ones. */
  endAll(done: () => void): void {
    this.#close();
    this.#isWaitedFor = false;
    inSequence(this.all.toReversed(), (child, next) => child.life.end(undefined, next), done);
  }

  #close(): void {
    this.#isOpen = false;
    for (const recovery of this.#recoveries.values()) recovery.cancel();
    this.#recoveries.clear();
  }

  /** It is being ended with its parent or for a restart: what it fails of is of no account. */
  #isEnding(child: C): boolean {
    return !this.#isOpen || (this.#recoveries.get(child)?.isEnding ?? false);
  }

  /** Its end need not wait for its turn when somebody may be waiting for it. */
  #hasten(child: C): void {
    if (this.#isWaitedFor) child.life.end(undefined, nothing);
  }

  #restart(child: C, failure: Failure | undefined): void {
    if (!isBegunAnew(child.restartKind, failure ? "failure" : "stop")) {
      child.life.end(failure, nothing);
    } else if (this.#window.record(this.#ports.now())) {
      this.#recover(child, failure);
    } else {
      const { restartsMax, withinMs } = this.#spec;
      const last = failure?.detail ?? "it stopped by itself";
      const text = `${child.name} failed more than ${restartsMax} times in ${withinMs} ms, at last: ${last}`;
      this.#escalate(child, new Failure(failure?.code ?? "actor_stopped", text, failure));
    }
  }

  #escalate(child: C, failure: Failure): void {
    this.#escalated.set(child, failure);
    this.#ports.escalate(failure, child);
  }

  #recover(failed: C, failure: Failure | undefined): void {
    const children = this.#fateOf(failed);
    const backoff = this.#backoffOf(failed);
    const delayMs = backoff.failed(this.#ports.now(), this.#ports.chance());
    const recovery = new Recovery(children, {
      after: (ms, ring) => this.#ports.after(ms, ring),
      finished: (child) => this.#recoveries.delete(child),
      over: () => backoff.runs(this.#ports.now()),
    });
    for (const child of children) {
      this.#recoveries.set(child, recovery);
      if (child.restartKind !== "temporary") this.#ports.restarting(child, delayMs);
    }
    recovery.run(failure, delayMs);
  }

  /** Who is restarted with it, in start order; the restarts that they are part of are taken over. */
  #fateOf(failed: C): readonly C[] {
    if (this.#spec.strategy === "one-for-one") {
      this.#recoveries.get(failed)?.cancel();
      return [failed];
    }
    const all = this.all;
    const positions = affected(this.#spec.strategy, all.length, all.indexOf(failed));
    const fate = new Set(positions.map((position) => all[position]));
    for (const child of fate) {
      const earlier = child && this.#recoveries.get(child);
      if (!earlier) continue;
      earlier.cancel();
      for (const left of earlier.unfinished) fate.add(left);
    }
    return all.filter((child) => fate.has(child));
  }

  #backoffOf(child: C): BackoffRow {
    if (this.#spec.strategy !== "one-for-one") return this.#groupBackoff;
    const row = this.#backoffs.get(child) ?? this.#createBackoff();
    this.#backoffs.set(child, row);
    return row;
  }

  #createBackoff(): BackoffRow {
    return new BackoffRow(this.#spec.backoff, this.#spec.withinMs);
  }
}
