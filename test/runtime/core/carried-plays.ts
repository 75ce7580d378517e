// Lets puppets of several nodes send plays to each other. A function cannot travel, so its number
// does, and whoever receives that finds the function in the one place that all of them share.
import type { Envelope } from "#protocols/envelope.ts";
import type { Transport } from "#runtime/core/ports.ts";

const mark = "carried play ";

export class CarriedPlays {
  readonly #plays: unknown[] = [];

  /** The same transport for messages that hold plays. */
  over(transport: Transport): Transport {
    return {
      send: (to, envelope) => transport.send(to, this.#withArguments(envelope, this.#numbered)),
      released: (from, messages, bytes) => transport.released(from, messages, bytes),
      stop: (deadlineMs) => transport.stop(deadlineMs),
      start: (events) =>
        transport.start({
          deliver: (from, envelope, bytes) =>
            events.deliver(from, this.#withArguments(envelope, this.#found), bytes),
          congested: (node, isCongested) => events.congested(node, isCongested),
          introduction: () => events.introduction(),
          introduced: (node, introduction) => events.introduced(node, introduction),
          nodeDown: (node, lost) => events.nodeDown(node, lost),
          nodeUp: (node) => events.nodeUp(node),
          refused: (by, reason) => events.refused(by, reason),
        }),
    };
  }

  #withArguments(envelope: Envelope, change: (argument: unknown) => unknown): Envelope {
    return "args" in envelope ? { ...envelope, args: envelope.args.map(change) } : envelope;
  }

  readonly #numbered = (argument: unknown): unknown => {
    if (typeof argument !== "function") return argument;
    this.#plays.push(argument);
    return `${mark}${this.#plays.length - 1}`;
  };

  readonly #found = (argument: unknown): unknown =>
    typeof argument === "string" && argument.startsWith(mark)
      ? this.#plays[Number(argument.slice(mark.length))]
      : argument;
}
