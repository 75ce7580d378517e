// The directory of names: which living actor bears a name in the cluster. One actor on the director
// node; every node asks it by its well-known path.
import Type from "typebox";
import type { AnyRef } from "../actor-ref.ts";
import { type Ack, ask, protocol } from "../protocol.ts";
import { anyRef } from "../schema.ts";

export interface Directory {
  /** Gives the name to an actor until it ends. Refused with `name_taken` while another bears it. */
  claim(claim: { readonly name: string; readonly owner: AnyRef }): Ack;
  /** The actor of that name and protocol; waits for it as long as the ask may take. */
  find(query: { readonly name: string; readonly protocolId: string }): AnyRef;
  list(): readonly { readonly name: string; readonly owner: AnyRef }[];
}

/** Where the directory lives on the director node. */
export const directoryPath = "/directory";

const Name = Type.String({ minLength: 1, maxLength: 255 });

export const Directory = protocol<Directory>("troupe.Directory@1", {
  claim: ask,
  find: ask,
  list: ask,
}).checked({
  claim: [Type.Object({ name: Name, owner: anyRef })],
  find: [Type.Object({ name: Name, protocolId: Name })],
});
