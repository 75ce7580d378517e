// How the addresses of actors that belong to no node are told from others: by the name of the node.
import type { Address } from "#protocols/address.ts";

/** Names of realms begin with it. */
export const realmMark = "$";

export const isRealm = ({ node }: Address): boolean => node.name.startsWith(realmMark);
