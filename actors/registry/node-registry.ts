// Knows the nodes of the cluster: what they can do, how loaded they are, and whether they live.
//
// An agent on each node registers and then sends heartbeats; silence makes a node suspect, then
// offline; the end of the agent makes it offline at once. Nothing is stored: a registry that starts
// anew asks whoever it hears from to introduce itself.
import type { AnyRef } from "#protocols/actor-ref.ts";
import type { Exit } from "#protocols/envelope.ts";
import { Failure } from "#protocols/failure.ts";
import { limits } from "#protocols/limits.ts";
import { type Ack, ack, type Handlers } from "#protocols/protocol.ts";
import {
  type NodeHeartbeat,
  type NodeRegistration,
  NodeRegistry,
  type NodeView,
  nodeRegistryName,
} from "#protocols/tasks/node.ts";
import { Actor } from "#runtime/core/actor.ts";
import { levelOf } from "#runtime/core/exit-level.ts";
import type { LogLevel } from "#runtime/core/ports.ts";
import { reply } from "#runtime/core/reply.ts";
import {
  admit,
  type Book,
  changesBetween,
  end,
  hear,
  type Moment,
  type StatusChange,
  sweep,
} from "./known-nodes.ts";

export interface NodeRegistryArguments {
  /** How often each node is to be heard; suspect after 3 of these, offline after 10. */
  readonly heartbeatMs: number;
}

interface RegistryState {
  readonly heartbeatMs: number;
  book: Book;
  sweptAt: number;
}

interface Own {
  /** Looks for nodes that have gone silent. */
  sweep(): void;
}

export class NodeRegistryActor
  extends Actor<NodeRegistry, RegistryState, Own>
  implements Handlers<NodeRegistry & Own>
{
  static readonly protocol = NodeRegistry;

  static initial = ({ heartbeatMs }: NodeRegistryArguments): RegistryState => {
    if (heartbeatMs > 0 && Number.isFinite(heartbeatMs)) {
      return { heartbeatMs, book: [], sweptAt: 0 };
    }
    throw new Failure("invalid", `heartbeatMs must be above 0, got ${heartbeatMs}`);
  };

  override async start(): Promise<void> {
    this.state.sweptAt = this.ctx.now();
    this.ctx.every(this.state.heartbeatMs, "sweep");
    await this.ctx.register(nodeRegistryName);
  }

  register(registration: NodeRegistration): { readonly heartbeatMs: number } {
    const at = { ...this.#moment(), nodesMax: limits.nodesKnownMax };
    const admission = admit(this.state.book, registration, at);
    if (admission instanceof Failure) throw reply(admission);
    const { book, replaced, forgotten } = admission;
    if (replaced) this.ctx.unwatch(replaced);
    if (forgotten) {
      this.ctx.unwatch(forgotten.agent);
      this.ctx.log("info", `forgot ${forgotten.view.name} to make room`, { known: book.length });
    }
    this.#turnTo(book);
    this.ctx.watch(registration.agent);
    return { heartbeatMs: this.state.heartbeatMs };
  }

  heartbeat(beat: NodeHeartbeat): void {
    const heard = hear(this.state.book, beat, this.#moment());
    // An older life of a node hears then that it is refused, and says so in its log.
    if (heard === "unregistered") beat.agent.introduce();
    else this.#turnTo(heard);
  }

  list(): readonly NodeView[] {
    return this.state.book.map((node) => node.view).sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  ping(): Ack {
    return ack;
  }

  sweep(): void {
    const { book, heartbeatMs, sweptAt } = this.state;
    const at = this.#moment();
    this.#turnTo(sweep(book, { ...at, sweptAt, heartbeatMs }));
    this.state.sweptAt = at.now;
  }

  override terminated(ref: AnyRef, exit: Exit): void {
    this.#turnTo(end(this.state.book, ref, exit, this.#moment()), levelOf(exit));
  }

  #turnTo(book: Book, level: LogLevel = "warn"): void {
    for (const change of changesBetween(this.state.book, book)) this.#announce(change, level);
    this.state.book = book;
  }

  #announce({ from, to }: StatusChange, level: LogLevel): void {
    const { name, incarnation, status, statusReason } = to.view;
    this.ctx.log(
      status === "online" ? "info" : level,
      `${name} was ${from.view.status} and is ${status}: ${statusReason}`,
      { incarnation },
    );
  }

  #moment(): Moment {
    return { now: this.ctx.now(), wall: this.ctx.wall() };
  }
}
