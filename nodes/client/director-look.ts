// Why a director did not let a process join, as far as that can be told from here: whether anything
// listens at its address, and what the links have complained of.
import { connect } from "node:net";
import type { Log, LogLevel } from "#runtime/core/ports.ts";

const lookMs = 500;
/** The first ones tell most: what follows comes of them. */
const complaintsMax = 4;

/** A log that remembers the first complaints on its way. */
export class ComplaintLog implements Log {
  readonly #next: Log;
  readonly #complaints: string[] = [];

  constructor(next: Log) {
    this.#next = next;
  }

  get complaints(): readonly string[] {
    return this.#complaints;
  }

  write(
    level: LogLevel,
    actor: string,
    message: string,
    fields?: Readonly<Record<string, unknown>>,
  ): void {
    this.#next.write(level, actor, message, fields);
    const isComplaint = level === "error" || level === "warn";
    const isFull = this.#complaints.length >= complaintsMax;
    if (isComplaint && !isFull && !this.#complaints.includes(message)) {
      this.#complaints.push(message);
    }
  }
}

/** In words; takes at most half a second. */
export async function lookAtDirector(address: string): Promise<string> {
  const [, host, port] = /^tcp:\/\/([^:]+):(\d+)$/.exec(address) ?? [];
  if (host === undefined) return "";
  const isTaken = await takesConnections(host, Number(port));
  return isTaken
    ? "something listens there, but does not let this process in"
    : "nothing listens there: is the cluster running, and is this the bind of its director?";
}

function takesConnections(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: lookMs });
    const settle = (isTaken: boolean): void => {
      socket.destroy();
      resolve(isTaken);
    };
    socket.once("connect", () => settle(true));
    socket.once("timeout", () => settle(false));
    socket.once("error", () => settle(false));
  });
}
