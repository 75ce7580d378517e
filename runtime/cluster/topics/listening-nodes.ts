// Which nodes listen to which topics: `topics/<topic>/<node>` in the directory, by the node's session.
import { formatNode, isSameNode, type NodeId } from "#protocols/address.ts";
import type { Directory, Entry } from "#runtime/cluster/directory/directory.ts";
import { DirectoryView } from "#runtime/cluster/directory/directory-view.ts";
import type { WaitingPorts } from "#runtime/cluster/directory/patient-call.ts";

export const topicsPrefix = "topics/";

export class ListeningNodes {
  readonly #view: DirectoryView;
  readonly #byTopic = new Map<string, Map<string, NodeId>>();
  /** Gone, though their sessions have yet to end. */
  readonly #down = new Set<string>();
  #isListed = false;

  /** `listed` is called when it is known who listened at the time. */
  constructor(directory: Directory, ports: WaitingPorts, listed: () => void) {
    this.#view = new DirectoryView(directory, topicsPrefix, ports, {
      put: (entry) => this.#put(entry),
      removed: (entry) => this.#remove(entry),
      listed: () => {
        this.#isListed = true;
        listed();
      },
    });
  }

  get isListed(): boolean {
    return this.#isListed;
  }

  of(topic: string): Iterable<NodeId> {
    return this.#byTopic.get(topic)?.values() ?? [];
  }

  nodeDown(node: NodeId): void {
    this.#down.add(formatNode(node));
    for (const nodes of this.#byTopic.values()) {
      const known = nodes.get(node.name);
      if (known && isSameNode(known, node)) nodes.delete(node.name);
    }
  }

  close(): void {
    this.#view.close();
  }

  #put({ key, session }: Entry): void {
    const { node: name, topic } = placeIn(key);
    if (session === undefined || session.name !== name) return;
    if (this.#down.has(formatNode(session))) return;
    const nodes = this.#byTopic.get(topic) ?? new Map<string, NodeId>();
    this.#byTopic.set(topic, nodes.set(name, session));
  }

  #remove({ key, session }: Entry): void {
    const { node: name, topic } = placeIn(key);
    if (session) this.#down.delete(formatNode(session));
    const nodes = this.#byTopic.get(topic);
    nodes?.delete(name);
    if (nodes?.size === 0) this.#byTopic.delete(topic);
  }
}

export const listeningKey = (topic: string, node: string): string =>
  `${topicsPrefix}${topic}/${node}`;

function placeIn(key: string): { readonly topic: string; readonly node: string } {
  const [topic = "", node = ""] = key.slice(topicsPrefix.length).split("/");
  return { topic, node };
}
