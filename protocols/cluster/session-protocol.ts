// What a node's own actors and services say to the one that keeps its session.
import Type from "typebox";
import type { AnyRef } from "../actor-ref.ts";
import { ask, protocol } from "../protocol.ts";
import { anyRef } from "../schema.ts";

export interface ClaimRequest {
  /** The entry that is to say where the actor is, until the actor ends. */
  readonly key: string;
  readonly owner: AnyRef;
}

export interface FindRequest {
  readonly name: string;
  readonly protocolId: string;
  /** Milliseconds to wait for the name. */
  readonly within: number;
}

/** Where it lives on each node that has a session. */
export const sessionPath = "/session";

export interface SessionService {
  /** The entry's revision. Fails with `name_taken` while another living actor has it. */
  claim(request: ClaimRequest): number;
  /** Fails with `not_found`, and with `invalid` when it speaks another protocol. */
  find(request: FindRequest): AnyRef;
}

export const SessionService = protocol<SessionService>("troupe.Session@1", {
  claim: ask({ within: 30_000 }),
  find: ask,
}).checked({
  claim: [Type.Object({ key: Type.String(), owner: anyRef })],
  find: [
    Type.Object({
      name: Type.String(),
      protocolId: Type.String(),
      within: Type.Number({ minimum: 0 }),
    }),
  ],
});
