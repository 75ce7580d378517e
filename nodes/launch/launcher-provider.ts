// The launcher as a NodeProvider, seen from a node's process: orders go over the IPC channel, and the launcher
// says who stands, at each change and whenever this node is ready.
import type { NodeProvider, ProvidedNode, ProvideOrder } from "#actors/scaling/node-provider.ts";
import { Failure } from "#protocols/failure.ts";
import type { NodeOrder, NodeReport } from "./launch-protocol.ts";

export type StandingOrder = Extract<NodeOrder, { readonly kind: "standing" }>;

export class LauncherProvider implements NodeProvider {
  /** undefined: no launcher has started this process. */
  readonly #report: ((report: NodeReport) => void) | undefined;
  readonly #standing = new Map<string, readonly ProvidedNode[]>();

  constructor(report: ((report: NodeReport) => void) | undefined) {
    this.#report = report;
  }

  provide({ group, count, reason, start, end }: ProvideOrder): void {
    if (this.#report) {
      this.#report({ kind: "provide", group, count, reason, start: [...start], end: [...end] });
    } else if (start.length > 0) {
      const detail = `no launcher has started this node, so nobody starts ${start.join(", ")}: do it by hand, or give the group a command`;
      throw new Failure("unavailable", detail);
    }
  }

  standing(group: string): readonly ProvidedNode[] | undefined {
    return this.#report ? this.#standing.get(group) : [];
  }

  heard({ groups }: StandingOrder): void {
    for (const { group, nodes } of groups) this.#standing.set(group, nodes);
  }
}
