// A Troupe node for the links: two of them, real actors, the public face. The security of the links is
// a choice, so that what it costs is a contender like any other.

import { type LinkSecurity, plainSecurity } from "#runtime/links/link-security.ts";
import type { StartedNode } from "#runtime/start-system.ts";
import { startSystem } from "#runtime/start-system.ts";
import { silent } from "../core/contenders/silent-log.ts";
import { Far } from "./troupe-far-actor.ts";
import { Near } from "./troupe-near-actor.ts";

/** How the two nodes know one another. */
export const securityVariants = {
  plain: () => plainSecurity("machine"),
} as const satisfies Readonly<Record<string, () => LinkSecurity>>;
export type SecurityVariant = keyof typeof securityVariants;

export const isSecurityVariant = (word: string): word is SecurityVariant =>
  Object.hasOwn(securityVariants, word);

export function startNode(
  name: "near" | "far",
  nearAddress: string | undefined,
  security: SecurityVariant,
): Promise<StartedNode> {
  return startSystem({
    node: { name, incarnation: 1 },
    bind: "tcp://127.0.0.1:*",
    director: "near",
    peers: new Map(nearAddress === undefined ? [] : [["near", nearAddress]]),
    // Both: a node makes refs to senders, too.
    protocols: [Far, Near],
    log: silent,
    security: securityVariants[security](),
  });
}
