// Hears what other nodes publish, and tells this node's listeners what fits.
import { TopicService } from "#protocols/cluster/topic-protocol.ts";
import type { Handlers } from "#protocols/protocol.ts";
import { Actor } from "#runtime/core/actor.ts";
import type { ClusterTopic } from "./cluster-topic.ts";

export interface TopicsArguments {
  /** Undefined when nobody here listens to it any more. */
  find(name: string): ClusterTopic<unknown> | undefined;
  tell(topic: ClusterTopic<unknown>, event: unknown): void;
  /** This actor lives as long as the node's part in topics: it begins, and ends. */
  begin(): void;
  end(): void;
}

export class TopicsActor
  extends Actor<TopicService, TopicsArguments>
  implements Handlers<TopicService>
{
  static readonly protocol = TopicService;
  static initial = (args: TopicsArguments): TopicsArguments => args;
  readonly #refused = new Set<string>();

  override start(): void {
    this.state.begin();
  }

  override stopped(): void {
    this.state.end();
  }

  published(name: string, event: unknown): void {
    const topic = this.state.find(name);
    if (!topic) return;
    const problem = topic.refuse(event);
    if (problem === undefined) this.state.tell(topic, event);
    else this.#complain(name, problem);
  }

  // The first of each topic: who publishes what does not fit goes on doing so.
  #complain(name: string, problem: string): void {
    if (this.#refused.has(name)) return;
    this.#refused.add(name);
    const from = this.ctx.sender?.$.toString() ?? "another node";
    const text = `an event of ${name} from ${from} does not fit and is dropped: ${problem}; run one release on all nodes`;
    this.ctx.log("error", text, { code: "invalid" });
  }
}
