// How nodes speak to the actor that keeps the embedded directory, by its well-known path. Whoever
// follows changes asks for those after a revision and waits until there are some.
import Type from "typebox";
import { type Ack, ask, protocol } from "../protocol.ts";
import type {
  Change,
  Entry,
  Opened,
  OpenRequest,
  PlainValue,
  PutRequest,
  RemoveRequest,
  Revision,
  SessionId,
} from "./directory-data.ts";
import { directoryLimits } from "./directory-limits.ts";

export interface ListRequest {
  readonly prefix: string;
  /** Entries behind this key. Default: from the beginning. */
  readonly after?: string;
}

export interface ListPage {
  readonly entries: readonly Entry[];
  readonly revision: Revision;
  /** There may be more: ask again behind this key. */
  readonly more?: string;
}

export interface FollowRequest {
  /** Undefined: only the present revision is asked for. */
  readonly after?: Revision;
  /** Of the keys that matter; none: all. */
  readonly prefixes: readonly string[];
}

/** `lost`: changes after the revision asked for are forgotten; list anew and go on from `revision`. */
export type Followed =
  | { readonly kind: "changes"; readonly changes: readonly Change[]; readonly revision: Revision }
  | { readonly kind: "lost"; readonly revision: Revision };

/** The same attempt, made again, has the same `attempt`. */
export interface OpenAttempt extends OpenRequest {
  readonly attempt: string;
}

/** `refused`: the name has had this life of the node, or a later one. */
export type OpenAnswer =
  | ({ readonly kind: "opened" } & Opened)
  | { readonly kind: "refused"; readonly detail: string };

export interface RenewRequest {
  readonly session: SessionId;
  /** What changes about the node: its load, that it is leaving. Left out: as it was. */
  readonly state?: PlainValue;
}

export interface Renewed {
  readonly ttlMs: number;
}

export interface DirectoryService {
  open(request: OpenAttempt): OpenAnswer;
  renew(request: RenewRequest): Renewed;
  close(session: SessionId): Ack;
  put(request: PutRequest): Entry;
  remove(request: RemoveRequest): boolean;
  get(key: string): Entry | undefined;
  list(request: ListRequest): ListPage;
  follow(request: FollowRequest): Followed;
}

/** Where the directory lives on the director node. */
export const directoryPath = "/directory";

const Key = Type.String({ minLength: 1, maxLength: directoryLimits.keyLengthMax });
const Prefix = Type.String({ maxLength: directoryLimits.keyLengthMax });
const Fence = Type.Integer({ minimum: 0 });
const Node = Type.Object({
  name: Type.String({ minLength: 1, maxLength: 64 }),
  incarnation: Type.Integer({ minimum: 1 }),
});

export const DirectoryService = protocol<DirectoryService>("troupe.Directory@2", {
  open: ask,
  renew: ask,
  close: ask,
  put: ask,
  remove: ask,
  get: ask,
  list: ask,
  follow: ask({ within: 2 * directoryLimits.followMsMax }),
}).checked({
  open: [
    Type.Object({
      node: Node,
      ttlMs: Type.Number(),
      record: Type.Unknown(),
      predecessor: Type.Union([Type.Literal("gone"), Type.Literal("unknown")]),
      attempt: Type.String({ maxLength: 64 }),
    }),
  ],
  renew: [Type.Object({ session: Node, state: Type.Optional(Type.Unknown()) })],
  close: [Node],
  put: [
    Type.Object({
      key: Key,
      value: Type.Unknown(),
      session: Type.Optional(Node),
      expect: Type.Union([Type.Literal("absent"), Type.Literal("any"), Fence]),
    }),
  ],
  remove: [Type.Object({ key: Key, expect: Type.Union([Type.Literal("any"), Fence]) })],
  get: [Key],
  list: [Type.Object({ prefix: Prefix, after: Type.Optional(Key) })],
  follow: [
    Type.Object({
      after: Type.Optional(Fence),
      prefixes: Type.Array(Prefix, { maxItems: directoryLimits.prefixesMax }),
    }),
  ],
});
