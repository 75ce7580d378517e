// Bears the name of a client's node in the directory. A node that joins again opens its session by
// registering this actor, after it has looked who has its name by now: opening it at once would end
// another life of that name.
import { protocol } from "#protocols/protocol.ts";
import { Actor } from "#runtime/core/actor.ts";

export type NameBearer = Readonly<Record<never, never>>;
export const NameBearer = protocol<NameBearer>("client.NameBearer@1", {}).checked({});

export class NameBearerActor extends Actor<NameBearer> {
  static readonly protocol = NameBearer;
}

/** The name that it is registered under. */
export const bearerNameOf = (node: string): string => `client/${node}`;
