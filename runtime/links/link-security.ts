// All that links are told about security: who may connect, who a greeter is, and who may no longer.
import type { Failure } from "#protocols/failure.ts";
import type { Reach } from "./address-reach.ts";
import type { NodeKey } from "./key-registry.ts";
import { type Identity, plainIdentity } from "./node-identity.ts";
import { plainSockets, type SocketSecurity } from "./zeromq-security.ts";

export interface LinkSecurity {
  /** Which addresses may be bound and dialled. */
  readonly reach: Reach;
  readonly identity: Identity;
  readonly sockets: SocketSecurity;
  /**
   * Called with keys that do not speak for their node any more. Links whose peer has proved itself
   * with one of them must end, and so must the connections under them: bind the listener anew.
   */
  onRevoked(listener: (keys: readonly NodeKey[]) => void): void;
  /** Resolves when the node cannot go on: nobody decides any more, or its own key was removed. */
  readonly failed: Promise<Failure>;
  /** Closes the listeners that are still open. */
  close(): void;
}

/** Without keys: everybody who can connect is believed. */
export const plainSecurity = (reach: Reach): LinkSecurity => ({
  reach,
  identity: plainIdentity,
  sockets: plainSockets,
  onRevoked: () => {},
  failed: new Promise(() => {}),
  close: () => {},
});
