// A Troupe node for the links: two of them, real actors, the public face. The security of the links is
// a choice, so that what it costs is a contender like any other.
import { nodeClock } from "#runtime/host/node-clock.ts";
import { openCurveSecurity } from "#runtime/links/curve-security.ts";
import { type LinkSecurity, plainSecurity } from "#runtime/links/link-security.ts";
import type { StartedNode } from "#runtime/start-system.ts";
import { startSystem } from "#runtime/start-system.ts";
import { silent } from "../core/contenders/silent-log.ts";
import { Far } from "./troupe-far-actor.ts";
import { Near } from "./troupe-near-actor.ts";

type NodeName = "near" | "far";

/** How the two nodes know one another; `keys` is the folder of their keys, where they have any. */
export const securityVariants = {
  plain: async () => plainSecurity("machine"),
  curve: (node: NodeName, keys: string) =>
    openCurveSecurity({ node, folder: keys, clock: nodeClock, log: silent }),
} as const satisfies Readonly<
  Record<string, (node: NodeName, keys: string) => Promise<LinkSecurity>>
>;
export type SecurityVariant = keyof typeof securityVariants;

export const isSecurityVariant = (word: string): word is SecurityVariant =>
  Object.hasOwn(securityVariants, word);

export async function startNode(
  name: NodeName,
  nearAddress: string | undefined,
  links: { readonly security: SecurityVariant; readonly keys: string },
): Promise<StartedNode> {
  return startSystem({
    node: { name, incarnation: 1 },
    bind: "tcp://127.0.0.1:*",
    director: "near",
    peers: new Map(nearAddress === undefined ? [] : [["near", nearAddress]]),
    // Both: a node makes refs to senders, too.
    protocols: [Far, Near],
    log: silent,
    security: await securityVariants[links.security](name, links.keys),
  });
}
