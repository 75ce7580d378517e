// What supervision promises, as simple as it can be said: a tree of plain objects on which a failure
// has its consequences at once. It answers who ends, in which order and how, and who starts.
import type { FailureCode } from "#protocols/failure-codes.ts";
import type { Directive, RestartKind, Strategy } from "#runtime/core/supervision.ts";

export interface Plan {
  readonly name: string;
  readonly kind: RestartKind;
  readonly strategy: Strategy;
  readonly restartsMax: number;
  readonly decide: Partial<Readonly<Record<FailureCode, Directive>>>;
  readonly children: readonly Plan[];
}

interface Living {
  readonly plan: Plan;
  readonly path: string;
  readonly parent: Living | undefined;
  children: Living[];
  /** When its children were restarted; a new instance begins with none. */
  restarts: number[];
  /** It stands still, because its own failure is not decided yet. */
  hasFailed: boolean;
}

export interface Consequences {
  /** `path stopped` or `path crashed`, in order. */
  readonly ends: string[];
  /** Who begins anew, in order. */
  readonly restarts: string[];
  /** Who is spawned by one that begins anew: in no order. */
  readonly births: string[];
  /** The root gave up: nothing more is promised. */
  isFatal: boolean;
}

export class SupervisionModel {
  readonly #root: Living;
  readonly #withinMs: number;
  #seen: Consequences = { ends: [], restarts: [], births: [], isFatal: false };

  constructor(root: Plan, withinMs: number) {
    this.#withinMs = withinMs;
    this.#root = {
      plan: root,
      path: "",
      parent: undefined,
      children: [],
      restarts: [],
      hasFailed: false,
    };
    this.#spawnChildren(this.#root);
  }

  /** All paths, the root aside, in the order in which they were spawned. */
  get paths(): readonly string[] {
    const pathsBelow = (actor: Living): readonly string[] =>
      actor.children.flatMap((child) => [child.path, ...pathsBelow(child)]);
    return pathsBelow(this.#root);
  }

  fail(path: string, code: FailureCode, nowMs: number): Consequences {
    this.#seen = { ends: [], restarts: [], births: [], isFatal: false };
    const actor = this.#find(this.#root, path);
    if (actor) this.#failed(actor, code, nowMs);
    return this.#seen;
  }

  #failed(actor: Living, code: FailureCode, nowMs: number): void {
    actor.hasFailed = true;
    const { parent } = actor;
    if (!parent) {
      this.#seen.isFatal = true;
      return;
    }
    const directive = parent.plan.decide[code] ?? "restart";
    if (directive === "resume") this.#resume(actor);
    else if (directive === "escalate") this.#failed(parent, code, nowMs);
    else if (directive === "stop" || actor.plan.kind === "temporary") this.#end(actor, "crashed");
    else if (this.#isOneTooMany(parent, nowMs)) this.#failed(parent, code, nowMs);
    else this.#restart(actor, parent);
  }

  #isOneTooMany(parent: Living, nowMs: number): boolean {
    parent.restarts.push(nowMs);
    const recent = parent.restarts.filter((time) => time > nowMs - this.#withinMs);
    return recent.length > parent.plan.restartsMax;
  }

  #resume(actor: Living): void {
    actor.hasFailed = false;
    for (const child of actor.children) if (child.hasFailed) this.#resume(child);
  }

  #restart(failed: Living, parent: Living): void {
    const position = parent.children.indexOf(failed);
    const { strategy } = parent.plan;
    const fate = parent.children.filter((_, index) => {
      if (strategy === "one-for-all") return true;
      return strategy === "rest-for-one" ? index >= position : index === position;
    });
    for (const actor of fate.toReversed()) {
      if (actor.plan.kind === "temporary") this.#end(actor, "crashed");
      else this.#closeInstance(actor, "crashed");
    }
    for (const actor of fate) {
      if (actor.plan.kind === "temporary") continue;
      this.#seen.restarts.push(actor.path);
      this.#spawnChildren(actor);
    }
  }

  #end(actor: Living, how: "stopped" | "crashed"): void {
    this.#closeInstance(actor, how === "crashed" || actor.hasFailed ? "crashed" : "stopped");
    const siblings = actor.parent?.children ?? [];
    siblings.splice(siblings.indexOf(actor), 1);
  }

  #closeInstance(actor: Living, how: "stopped" | "crashed"): void {
    for (const child of actor.children.toReversed()) this.#end(child, "stopped");
    this.#seen.ends.push(`${actor.path} ${how}`);
    actor.hasFailed = false;
    actor.restarts = [];
  }

  #spawnChildren(actor: Living): void {
    for (const plan of actor.plan.children) {
      const path = `${actor.path}/${plan.name}`;
      const child: Living = {
        plan,
        path,
        parent: actor,
        children: [],
        restarts: [],
        hasFailed: false,
      };
      actor.children.push(child);
      this.#seen.births.push(path);
      this.#spawnChildren(child);
    }
  }

  #find(from: Living, path: string): Living | undefined {
    if (from.path === path) return from;
    for (const child of from.children) {
      const found = this.#find(child, path);
      if (found) return found;
    }
    return undefined;
  }
}
