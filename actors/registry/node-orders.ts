// What may be asked of which node, and who could do what. Pure: refusals say why, and what to do.
import type { Ref } from "#protocols/actor-ref.ts";
import { Failure } from "#protocols/failure.ts";
import type { TaskRequirements } from "#protocols/tasks/capability.ts";
import { matchCapability } from "#protocols/tasks/capability-match.ts";
import type { NodeAgent, NodeMatch } from "#protocols/tasks/node.ts";
import type { DependenciesOf } from "#protocols/tasks/skill-sight.ts";
import { reply } from "#runtime/core/reply.ts";
import { type Book, isHeard, type KnownNode } from "./known-nodes.ts";

/** Fails with `not_found`. */
export function knownIn(book: Book, name: string): KnownNode {
  const known = book.find(({ view }) => view.name === name);
  if (known) return known;
  const names = book.map(({ view }) => view.name).sort();
  const detail = `there is no node ${name}; there are ${names.join(", ") || "none"}`;
  throw reply(new Failure("not_found", detail));
}

/** Fails with `unavailable` for a node that is not heard. */
export function heardAgent({ view, agent }: KnownNode): Ref<NodeAgent> {
  if (agent && view.status !== "offline" && view.status !== "suspect") return agent;
  const seen = agent ? view.status : "not heard since the registry began";
  const detail = `${view.name} is ${seen} (${view.statusReason}), so that it cannot be asked; start it, or wait until it is online`;
  throw reply(new Failure("unavailable", detail));
}

/** Fails with `invalid` for a node that is there. */
export function offlineOnly(node: KnownNode): KnownNode {
  const { name, status } = node.view;
  if (status === "offline") return node;
  const detail = `${name} is ${status}; drain it first, only a node that is offline can be removed`;
  throw reply(new Failure("invalid", detail));
}

/** By name: who could run such a task now, how well, or what it lacks. */
export function matchesIn(
  book: Book,
  requirements: TaskRequirements,
  dependenciesOf: DependenciesOf,
): readonly NodeMatch[] {
  return book
    .map(({ view }): NodeMatch => {
      const { name, status, statusReason, capabilities } = view;
      const match = matchCapability(requirements, capabilities, dependenciesOf);
      const absent = status === "online" ? [] : [`it is ${status}: ${statusReason}`];
      const lacks = [...(match.kind === "unfit" ? match.lacks : []), ...absent];
      const score = match.kind === "fits" && lacks.length === 0 ? match.score : null;
      return { node: name, score, lacks };
    })
    .sort((a, b) => (a.node < b.node ? -1 : 1));
}

interface Drained {
  readonly view: KnownNode["view"];
  readonly agent: Ref<NodeAgent>;
}

/**
 * Nodes that are to leave and run nothing any more, but for those that were asked already. Of whom the
 * queue says nothing, as while it starts anew, is not known to run nothing, unless it never does.
 */
export function drained(book: Book, { asked, running }: LeaveTerms): readonly Drained[] {
  return book.flatMap((node) => {
    const { view, agent } = node;
    const isToLeave = view.hold?.kind === "draining" && isHeard(node) && !asked.has(view.name);
    const isIdle = running.get(view.name) === 0 || view.capabilities.slots === 0;
    return agent && isToLeave && isIdle ? [{ view, agent }] : [];
  });
}

interface LeaveTerms {
  readonly asked: ReadonlySet<string>;
  /** Tasks by node, as the queue says. */
  readonly running: ReadonlyMap<string, number>;
}
