// Answers outsiders: reads what they send, finds out who they are, asks the channel, and answers in the
// way in which they asked. Every message gets exactly one answer, also when it makes no sense.

import type { Ref } from "#protocols/actor-ref.ts";
import { controlLimits } from "#protocols/control-limits.ts";
import { Failure } from "#protocols/failure.ts";
import {
  namedIn,
  type OutsideRequest,
  outsideRequest,
} from "#protocols/outside/control-message.ts";
import type { ControlCaller, ControlChannel } from "#protocols/tasks/control.ts";
import type { ControlRecord } from "#protocols/tasks/control-records.ts";
import { forbidden, mayIssue } from "./authorisation.ts";
import { refusedRequest } from "./command-answer.ts";
import type { ControlCounts } from "./control-counts.ts";
import { bytesOf, type Encoding, encodingOf, valueIn } from "./outside-message.ts";
import type { RefusedCommands } from "./refused-commands.ts";

/** A message from outside, as the socket hands it on. */
export interface OutsideMessage {
  readonly client: string;
  readonly body: Uint8Array;
  readonly frames: number;
  readonly bytes: number;
  readonly isExcessive: boolean;
  answer(body: Uint8Array): void;
}

export interface OutsideDeskPorts {
  readonly channel: Ref<ControlChannel>;
  readonly counts: ControlCounts;
  /** Fails with `forbidden`. */
  caller(key: string | undefined): Promise<ControlCaller>;
  readonly refused: RefusedCommands;
  /** A fault of ours. */
  failed(failure: Failure): void;
}

export class OutsideDesk {
  readonly #ports: OutsideDeskPorts;
  /** Messages in progress, by connection. */
  readonly #asked = new Map<string, number>();
  #total = 0;

  constructor(ports: OutsideDeskPorts) {
    this.#ports = ports;
  }

  async take(message: OutsideMessage): Promise<void> {
    const encoding = encodingOf(message.body);
    const refusal = this.#refusal(message);
    if (refusal) {
      answer(message, encoding, refused(refusal));
      return;
    }
    this.#count(message.client, 1);
    try {
      answer(message, encoding, await this.#answerTo(message, encoding));
    } finally {
      this.#count(message.client, -1);
    }
  }

  #refusal({ client, frames, bytes, isExcessive }: OutsideMessage): Failure | undefined {
    const { askedMax, askedPerClientMax, framesMax, envelopeBytesMax } = controlLimits;
    if (isExcessive) {
      this.#ports.counts.excessive();
      const text =
        `the message has ${frames} frames and ${bytes} bytes, at most ${framesMax} frames, those before ` +
        `the body at most ${envelopeBytesMax} bytes: send an empty one and the body`;
      return new Failure("invalid", text);
    }
    if (this.#total >= askedMax) {
      this.#ports.counts.reached("control_asked");
      return new Failure("unavailable", `${askedMax} messages wait for answers; try again soon`);
    }
    if ((this.#asked.get(client) ?? 0) >= askedPerClientMax) {
      this.#ports.counts.reached("control_asked_per_client");
      const text = `${askedPerClientMax} messages of this connection wait for answers; read those first`;
      return new Failure("rate_limited", text);
    }
    return undefined;
  }

  #count(client: string, by: 1 | -1): void {
    this.#total += by;
    const count = (this.#asked.get(client) ?? 0) + by;
    if (count === 0) this.#asked.delete(client);
    else this.#asked.set(client, count);
    this.#ports.counts.stands("control_asked", this.#total);
  }

  async #answerTo({ body }: OutsideMessage, encoding: Encoding): Promise<unknown> {
    let message: unknown;
    let request: OutsideRequest;
    try {
      message = valueIn(body, encoding);
      request = outsideRequest(message);
    } catch (cause) {
      this.#ports.counts.malformed();
      return refused(Failure.of(cause), namedIn(message));
    }
    let by: string | null = null;
    try {
      const caller = await this.#ports.caller(request.key);
      by = caller.by;
      return await this.#ask(request, caller);
    } catch (cause) {
      const failure = Failure.of(cause);
      if (failure.code === "internal") this.#ports.failed(failure);
      this.#ports.refused.refused({ ...namesIn(request), by, why: failure.toData() });
      return refused(failure, namedIn(message));
    }
  }

  async #ask(request: OutsideRequest, caller: ControlCaller): Promise<unknown> {
    const { channel } = this.#ports;
    if (request.kind === "command") return channel.command(request.request, caller);
    if (!mayIssue(caller.scopes, "read")) {
      throw forbidden(request.kind, caller.scopes, "read");
    }
    if (request.kind === "find") {
      const found = await channel.find(request.commandId);
      return { found: found && shownTo(caller, found) };
    }
    const history = await channel.history(request.page);
    return { history: history.map((record) => shownTo(caller, record)) };
  }
}

/** What a key was made of concerns those who may make keys. */
const shownTo = ({ scopes }: ControlCaller, record: ControlRecord): ControlRecord =>
  record.command === "CREATE_KEY" && !mayIssue(scopes, "admin")
    ? { ...record, parameters: null }
    : record;

const answer = (message: OutsideMessage, encoding: Encoding, value: unknown): void =>
  message.answer(bytesOf(value, encoding));

function namesIn(request: OutsideRequest) {
  const named = { command: request.kind, commandId: null, node: null, taskId: null };
  switch (request.kind) {
    case "command": {
      const { command, commandId = null, node = null, taskId = null } = request.request;
      return { command, commandId, node, taskId };
    }
    case "find":
      return { ...named, commandId: request.commandId };
    case "history":
      return { ...named, node: request.page.node ?? null };
    default:
      return request satisfies never;
  }
}

const refused = (failure: Failure, named = namedIn(undefined)) => refusedRequest(named, failure);
