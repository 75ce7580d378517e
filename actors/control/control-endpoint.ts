// Where outsiders ask: a ZeroMQ socket, and the desk that answers. Messages are handled outside of the
// actor's turns, by a desk that only sends messages; the actor owns the socket.
import type { Ref } from "#protocols/actor-ref.ts";
import { controlLimits } from "#protocols/control-limits.ts";
import { Failure } from "#protocols/failure.ts";
import type { FailureData } from "#protocols/failure-codes.ts";
import { ask, type Handlers, protocol } from "#protocols/protocol.ts";
import type { ControlChannel } from "#protocols/tasks/control.ts";
import { Actor } from "#runtime/core/actor.ts";
import { type CurveSecurity, openCurveSecurity } from "#runtime/links/curve-security.ts";
import { ZeromqDesk } from "#runtime/links/zeromq-desk.ts";
import type { ControlCounts } from "./control-counts.ts";
import { ControlPeers } from "./control-peers.ts";
import { type EndpointTerms, endpointKeyName } from "./endpoint-terms.ts";
import { KeyVerifier } from "./key-verifier.ts";
import { callerOf } from "./outside-caller.ts";
import { OutsideDesk } from "./outside-desk.ts";
import { RefusedCommands, refusalPorts } from "./refused-commands.ts";

export interface ControlEndpointArguments extends EndpointTerms {
  readonly channel: Ref<ControlChannel>;
  readonly counts: ControlCounts;
}

export interface ControlEndpoint {
  /** Where it listens, with the port that was chosen for `*`. */
  address(): string;
}
export const ControlEndpoint = protocol<ControlEndpoint>("control.Endpoint@1", {
  address: ask,
}).checked({ address: [] });

interface Own {
  lost(failure: FailureData): void;
}

export class ControlEndpointActor
  extends Actor<ControlEndpoint, ControlEndpointArguments, Own>
  implements Handlers<ControlEndpoint & Own>
{
  static readonly protocol = ControlEndpoint;
  static initial = (args: ControlEndpointArguments): ControlEndpointArguments => args;

  #socket: ZeromqDesk | undefined;
  #security: CurveSecurity | undefined;

  override async start(): Promise<void> {
    const { ctx } = this;
    const { address, access, channel, counts, curveFolder } = this.state;
    const peers = new ControlPeers(ctx, null);
    const keys = new KeyVerifier({
      counts,
      now: () => ctx.now(),
      verify: async (hash) => (await peers.store()).verifyKey(hash),
    });
    const failed = (failure: Failure): void =>
      ctx.log("error", "a message from outside failed by a fault of ours", { ...failure.toData() });
    const desk = new OutsideDesk({
      channel,
      counts,
      refused: new RefusedCommands(refusalPorts(ctx, counts)),
      caller: (key) => callerOf(key, access, (hash) => keys.verify(hash)),
      failed,
    });
    const security = curveFolder === null ? undefined : await this.#secured(curveFolder);
    const binding = ZeromqDesk.bind({
      address,
      ...controlLimits,
      asked: (message) => void desk.take(message).catch((cause) => failed(Failure.of(cause))),
      dropped: () => counts.answerDropped(),
      failed: (failure) => ctx.send("lost", failure.toData()),
      ...(security === undefined ? {} : { security: security.sockets }),
    });
    // Whoever fails to start is not stopped.
    const socket = await binding.catch((cause: unknown) => {
      security?.close();
      throw cause;
    });
    // libzmq asks who one is only when he connects.
    security?.onRevoked(() => void socket.renew());
    this.#socket = socket;
    const encryption = security === undefined ? "none" : "curve";
    const fields = { address: socket.address, access, encryption };
    ctx.log("info", "answering commands from outside", fields);
  }

  override stopped(): void {
    this.#socket?.close();
    this.#security?.close();
  }

  async #secured(folder: string): Promise<CurveSecurity> {
    const { ctx } = this;
    const security = await openCurveSecurity({
      node: endpointKeyName,
      folder,
      clock: { now: () => ctx.now(), wall: () => ctx.wall() },
      log: { write: (level, _path, message, fields) => ctx.log(level, message, fields) },
    });
    this.#security = security;
    this.state.counts.countStrangers(() => security.refused);
    void security.failed.then((failure) => ctx.send("lost", failure.toData()));
    return security;
  }

  address(): string {
    return this.#socket?.address ?? this.state.address;
  }

  /** The supervisor starts it anew, with another socket. */
  lost({ code, detail }: FailureData): void {
    throw new Failure(code, detail);
  }
}
