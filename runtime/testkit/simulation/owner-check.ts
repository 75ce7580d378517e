// Checks that what there may be only one of has one owner at any instant, and that fences grow.
import { formatNode } from "#protocols/address.ts";
import { broken } from "./broken-promise.ts";
import type { Check } from "./checker.ts";
import type { HistoryEvent } from "./history.ts";

interface Reign {
  readonly name: string;
  readonly fence: number;
  readonly node: string;
  readonly event: number;
}

type Ownership = Extract<HistoryEvent, { readonly kind: "owned" | "acted" | "yielded" }>;

/** How a node's process stood: an owner in one that stood still cannot have known that it was over. */
class Standstills {
  readonly #graceMs: number;
  readonly #paused = new Set<string>();
  readonly #resumedMs = new Map<string, number>();

  constructor(graceMs: number) {
    this.#graceMs = graceMs;
  }

  saw(event: HistoryEvent): void {
    const node = formatNode({ name: event.node, incarnation: event.incarnation });
    if (event.kind === "node-paused") this.#paused.add(node);
    if (event.kind === "node-resumed" && this.#paused.delete(node)) {
      this.#resumedMs.set(node, event.atMs);
    }
  }

  /** Whether the process stands still, or has gone on only just. */
  isExcused(node: string, nowMs: number): boolean {
    const resumedMs = this.#resumedMs.get(node) ?? Number.NEGATIVE_INFINITY;
    return this.#paused.has(node) || nowMs - resumedMs <= this.#graceMs;
  }
}

/**
 * By `owned`, `acted` and `yielded`: an owner has stopped, or its node has ended, before the next one
 * begins; each has a higher fence than all before it, and acts by no other; one that is begun anew by
 * its supervisor keeps its own. An owner whose process
 * stood still may be found alive when it goes on, and even act: it stops within `graceMs`, and its
 * fence says what its acts are worth.
 */
export const oneOwner = ({ graceMs }: { readonly graceMs: number }): Check => {
  return () => {
    const standstills = new Standstills(graceMs);
    /** By node. */
    const reigns = new Map<string, Reign[]>();
    const newest = new Map<string, Reign>();
    const own = (node: string): readonly Reign[] => reigns.get(node) ?? [];
    const living = (name: string): readonly Reign[] =>
      [...reigns.values()].flat().filter((reign) => reign.name === name);
    const owned = (event: Ownership, node: string): void => {
      const { name, fence, atMs, id } = event;
      const before = newest.get(name);
      const isLate = before !== undefined && fence < before.fence;
      const isOwn = before?.node === node && !own(node).includes(before);
      if ((before?.fence === fence && !isOwn) || (isLate && !standstills.isExcused(node, atMs))) {
        const text = `${node} owns ${name} by the fence ${fence}, and ${before.node} had ${before.fence}`;
        throw broken(text, [before.event, id]);
      }
      const other = living(name).find((reign) => !standstills.isExcused(reign.node, atMs));
      if (other && !isLate) {
        const text = `${node} owns ${name} by ${fence} while ${other.node} does by ${other.fence}`;
        throw broken(text, [other.event, id]);
      }
      const reign = { name, fence, node, event: id };
      reigns.set(node, [...own(node), reign]);
      if (!isLate) newest.set(name, reign);
    };
    const acted = ({ name, fence, atMs, id }: Ownership, node: string): void => {
      const reign = own(node).find((known) => known.name === name && known.fence === fence);
      if (!reign) throw broken(`${node} acts for ${name} by ${fence}, which it does not own`, [id]);
      const after = newest.get(name);
      if (!after || after.fence === fence || standstills.isExcused(node, atMs)) return;
      const text = `${node} acts for ${name} by ${fence}, which ${after.node} owns by ${after.fence}`;
      throw broken(text, [reign.event, after.event, id]);
    };
    return {
      name: "one owner",
      saw(event) {
        standstills.saw(event);
        const node = formatNode({ name: event.node, incarnation: event.incarnation });
        switch (event.kind) {
          case "owned":
            return owned(event, node);
          case "acted":
            return acted(event, node);
          case "yielded": {
            const { name, fence } = event;
            const left = own(node).filter((old) => old.name !== name || old.fence !== fence);
            reigns.set(node, [...left]);
            return;
          }
          case "node-ended":
            reigns.delete(node);
            return;
          case "counts":
            for (const old of own(node)) {
              const after = newest.get(old.name);
              const isOver = after !== undefined && after.fence > old.fence;
              if (!isOver || standstills.isExcused(node, event.atMs)) continue;
              const text = `${node} is still alive as the owner of ${old.name}, which ${after.node} owns`;
              throw broken(text, [old.event, after.event, event.id]);
            }
            return;
          default:
        }
      },
    };
  };
};
