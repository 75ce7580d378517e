// A node of a cluster as these tests run it, here or in a process of its own: real links, sessions and
// heartbeats, and an actor that answers after a while.
import { ask, type Handlers, protocol } from "#protocols/index.ts";
import { Actor } from "#runtime/core/actor.ts";
import { nodeClock } from "#runtime/host/node-clock.ts";
import type { LinkSecurity } from "#runtime/links/link-security.ts";
import type { MembershipTerms } from "#runtime/node-members.ts";
import { type StartedNode, startSystem } from "#runtime/start-system.ts";

export interface Echo {
  echo(text: string, afterMs: number): string;
}
export const Echo = protocol<Echo>("test.MemberEcho@1", { echo: ask({ within: 30_000 }) });

export class EchoActor extends Actor<Echo> implements Handlers<Echo> {
  static readonly protocol = Echo;

  async echo(text: string, afterMs: number): Promise<string> {
    await this.ctx.sleep(afterMs);
    return text;
  }
}

export interface MemberNodeOptions {
  readonly name: string;
  readonly incarnation: number;
  readonly bind: string;
  /** Of the director, which is called `a`. */
  readonly director: string | null;
  readonly ttlMs: number;
  readonly membership: MembershipTerms;
}

export interface LogLine {
  readonly level: string;
  readonly message: string;
}

export async function startMember(
  options: MemberNodeOptions,
  lines: LogLine[],
  security?: LinkSecurity,
): Promise<StartedNode> {
  const { bind, director, incarnation, membership, name, ttlMs } = options;
  const started = await startSystem({
    node: { name, incarnation },
    bind,
    director: "a",
    peers: new Map(director === null ? [] : [["a", director]]),
    protocols: [Echo],
    session: { ttlMs },
    membership,
    log: { write: (level, _, message) => void lines.push({ level, message }) },
    ...(security === undefined ? {} : { security }),
  });
  started.system.spawn(EchoActor, { name: "echo" });
  await started.session.opened;
  return started;
}

/** Nothing else runs on this thread meanwhile. */
export function blockThread(ms: number): void {
  const endMs = nodeClock.now() + ms;
  while (nodeClock.now() < endMs);
}
