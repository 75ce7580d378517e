// What an actor has beside all else once it has to do with moving: who it is wherever it lives, how
// refs of this node lead to it, and who stands in for it while it is away.
import type { AnyRef } from "#protocols/actor-ref.ts";
import type { Address } from "#protocols/address.ts";
import type { Exit } from "#protocols/envelope.ts";
import type { Sink } from "./ref.ts";

/** Takes the place of an actor that is frozen, or has left: what comes for it here goes its way. */
export interface Absence extends Sink {
  heardTerminated(ref: AnyRef, exit: Exit): void;
}

export class Travel {
  /** Of one that has come from elsewhere, or back: the address that it was born with. */
  identity: Address | undefined;
  /** Where messages for it go on this node, in their order with those of others. */
  way: Sink | undefined;
  /** It is frozen, or has left: messages that find it here go there. */
  absence: Absence | undefined;
  /** The state that its first instance on this node begins with. */
  inherited: { readonly state: unknown } | undefined;
  /** Somebody waits for the moment between two messages. */
  boundary: (() => void) | undefined;
}
