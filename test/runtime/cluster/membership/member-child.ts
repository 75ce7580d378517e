// A member in a process of its own, driven by its parent over the process channel. It ends with its
// parent, and when it cannot go on.
import { blockThread, type LogLine, type MemberNodeOptions, startMember } from "./member-node.ts";

export type MemberOrder =
  | { readonly kind: "start"; readonly options: MemberNodeOptions }
  | { readonly kind: "block"; readonly ms: number }
  | { readonly kind: "members" }
  | { readonly kind: "leave"; readonly workMs: number };

export interface MemberTold {
  readonly address: string;
  readonly members: readonly { readonly name: string; readonly status: string }[];
  readonly log: readonly LogLine[];
}

const log: LogLine[] = [];
let node: Awaited<ReturnType<typeof startMember>> | undefined;

const isOrder = (message: unknown): message is MemberOrder =>
  typeof message === "object" && message !== null && "kind" in message;

async function obey(order: MemberOrder): Promise<void> {
  if (order.kind === "start") {
    node = await startMember(order.options, log);
    void node.failed.then(() => process.exit(3));
  }
  if (order.kind === "leave") {
    // As a node that finishes what it has in hand.
    const { workMs } = order;
    const work = () => new Promise<void>((resolve) => setTimeout(resolve, workMs));
    node?.system.onShutdown("finish-work", "the work in hand", work);
    await node?.system.shutdown();
  }
  const members = (node?.members.all ?? []).map(({ node: { name }, status }) => ({ name, status }));
  const told: MemberTold = { address: node?.address ?? "", members, log };
  process.send?.(told, () => {
    if (order.kind === "leave") process.exit(0);
    if (order.kind === "block") blockThread(order.ms);
  });
}

process.on("message", (order: unknown) => {
  if (isOrder(order)) void obey(order);
});
process.on("disconnect", () => process.exit());
