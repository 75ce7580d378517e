// The sessions of the directory, and the newest incarnation that each node's name ever had.
import { formatNode, type NodeId, namePattern } from "#protocols/address.ts";
import type { PlainValue, SessionId } from "#protocols/cluster/directory-data.ts";
import { directoryLimits } from "#protocols/cluster/directory-limits.ts";
import { Failure } from "#protocols/failure.ts";

/** What is kept of a session. */
export interface SessionTerms {
  readonly node: NodeId;
  readonly ttlMs: number;
  readonly record: PlainValue;
  /** The attempt that opened it: the same one, made again, is no second opening. */
  readonly attempt: string;
}

export interface Session extends SessionTerms {
  readonly id: string;
  state: PlainValue;
  expiresMs: number;
  isSuperseded: boolean;
  /** Of its entries. */
  readonly keys: Set<string>;
}

export class DirectorySessions {
  readonly #sessions = new Map<string, Session>();
  /** The one opened longest ago first. */
  readonly #marks = new Map<string, number>();
  /** None ends before. */
  #nextExpiryMs = Number.POSITIVE_INFINITY;

  get count(): number {
    return this.#sessions.size;
  }

  get nextExpiryMs(): number {
    return this.#nextExpiryMs;
  }

  get all(): Iterable<Session> {
    return this.#sessions.values();
  }

  find(id: SessionId): Session | undefined {
    return this.#sessions.get(formatNode(id));
  }

  ofName(name: string): readonly Session[] {
    return [...this.#sessions.values()].filter(({ node }) => node.name === name);
  }

  add(session: Session): void {
    this.#sessions.set(session.id, session);
    this.#nextExpiryMs = Math.min(this.#nextExpiryMs, session.expiresMs);
  }

  remove(session: Session): void {
    this.#sessions.delete(session.id);
  }

  /** Those whose time has run out, the earliest first. */
  expired(nowMs: number): readonly Session[] {
    if (nowMs < this.#nextExpiryMs) return [];
    const over: Session[] = [];
    this.#nextExpiryMs = Number.POSITIVE_INFINITY;
    for (const session of this.#sessions.values()) {
      if (session.expiresMs <= nowMs) over.push(session);
      else this.#nextExpiryMs = Math.min(this.#nextExpiryMs, session.expiresMs);
    }
    return over.sort((a, b) => a.expiresMs - b.expiresMs);
  }

  extend(byMs: number): void {
    for (const session of this.#sessions.values()) session.expiresMs += byMs;
    this.#nextExpiryMs += byMs;
  }

  mark(name: string): number {
    return this.#marks.get(name) ?? 0;
  }

  /** The name that is forgotten for it, if any: never one that has a session. */
  setMark(name: string, incarnation: number): string | undefined {
    this.#marks.delete(name);
    this.#marks.set(name, incarnation);
    if (this.#marks.size <= directoryLimits.marksMax) return undefined;
    const inUse = new Set([...this.#sessions.values()].map(({ node }) => node.name));
    for (const oldest of this.#marks.keys()) {
      if (inUse.has(oldest)) continue;
      this.#marks.delete(oldest);
      return oldest;
    }
    return undefined;
  }
}

/** Fails with `invalid` for what can be no session's node and time. */
export function checkSession({ node, ttlMs }: { readonly node: NodeId; readonly ttlMs: number }) {
  const { ttlMsMin, ttlMsMax } = directoryLimits;
  const { name, incarnation } = node;
  if (!namePattern.test(name) || !Number.isSafeInteger(incarnation) || incarnation < 1) {
    const text = `a session is that of a node's one life, not of ${JSON.stringify(node)}`;
    throw new Failure("invalid", text);
  }
  if (ttlMs >= ttlMsMin && ttlMs <= ttlMsMax) return;
  const text = `a session of ${formatNode(node)} was to last ${ttlMs} ms; give ${ttlMsMin} to ${ttlMsMax}`;
  throw new Failure("invalid", text);
}

/** Why a node's name cannot have that session any more. */
export function refusedLife(node: NodeId, newest: number): Failure {
  const seen = formatNode({ name: node.name, incarnation: newest });
  const text = `${formatNode(node)} cannot open a session: ${seen} has had one; start the node anew, with a higher incarnation`;
  return new Failure("node_down", text);
}

export const sessionLost = (id: SessionId): Failure =>
  new Failure(
    "session_lost",
    `the session of ${formatNode(id)} has ended: its entries belong to others; end the node and start it anew`,
  );
