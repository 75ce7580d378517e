// What a node client says of itself when it joins.
import { Compile } from "typebox/compile";
import { clientLimits } from "#protocols/client-limits.ts";
import { Failure } from "#protocols/failure.ts";
import { CapabilityDocument } from "#protocols/outside/capability-document.ts";
import { valueMisfit } from "#protocols/value-misfit.ts";
import type { StartedNode } from "#runtime/start-system.ts";
import type { ClusterTerms } from "./client-terms.ts";
import type { CommandHandler } from "./command-book.ts";

export interface NodeClientTerms extends Omit<ClusterTerms, "name"> {
  /** Of this process among the nodes of the cluster. */
  readonly node: string;
  /** By command: as `registerHandler` with the scope `control`. */
  readonly handlers?: Readonly<Record<string, CommandHandler>>;
  /** In the place of what is detected: skills, tags, processors and so on, as in a capability file. */
  readonly capabilities?: CapabilityDocument;
  /** Tasks at the same time that its own workers take, for those who look. Default: 0. */
  readonly slots?: number;
  /** On the disk that counts for this node's health. Default: the current folder. */
  readonly dataFolder?: string;
  /** Queues whose cancelled tasks a handler of CANCEL_TASK is told of. Default: `["default"]`. */
  readonly observedQueues?: readonly string[];
  /** Each life of this node: spawns actors of one's own, as workers. */
  readonly joined?: (node: StartedNode) => void;
}

export interface OwnTerms {
  readonly handlers: Readonly<Record<string, CommandHandler>>;
  readonly capabilities: CapabilityDocument;
  readonly slots: number;
  readonly dataFolder: string;
  readonly observedQueues: readonly string[];
  readonly joined: ((node: StartedNode) => void) | undefined;
}

const capabilityCheck = Compile(CapabilityDocument);

/** What is the node's own, and what is the connection's. Fails with `invalid`. */
export function separated(terms: NodeClientTerms): {
  readonly own: OwnTerms;
  readonly connection: ClusterTerms;
} {
  const { node, handlers, capabilities, slots, dataFolder, observedQueues, joined, ...others } =
    terms;
  const own = {
    handlers: handlers ?? {},
    capabilities: capabilities ?? {},
    slots: slots ?? 0,
    dataFolder: dataFolder ?? process.cwd(),
    observedQueues: observedQueues ?? ["default"],
    joined,
  };
  check(own);
  return { own, connection: { ...others, name: node } };
}

function check({ capabilities, observedQueues, slots }: OwnTerms): void {
  if (!capabilityCheck.Check(capabilities)) {
    const misfit = valueMisfit(capabilityCheck.Errors(capabilities), capabilities);
    throw new Failure("invalid", `capabilities: ${misfit}`);
  }
  if (!Number.isSafeInteger(slots) || slots < 0) {
    throw new Failure("invalid", `slots must be a whole number from 0, not ${slots}`);
  }
  const { observedQueuesMax } = clientLimits;
  if (observedQueues.length > observedQueuesMax) {
    const text = `observedQueues has ${observedQueues.length} queues, at most ${observedQueuesMax}`;
    throw new Failure("invalid", text);
  }
}
