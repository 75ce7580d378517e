// The one place where the cluster agrees: sessions of nodes, fenced entries, and who is told of
// changes; in the manner of etcd's leases. An entry with a session vanishes when the session ends:
//
//   closed ── its node leaves                              its entries go at once
//   expired ── not renewed for its ttl, by the directory's own clock     "
//   superseded ── a higher incarnation of the name opened one. With predecessor `gone`: at once. With
//                 `unknown`: it can be renewed no more, and its entries stay until its ttl has run
//                 out, so that whoever loses something has stopped before another has it.
//
// A directory that is away: calls wait and try again for a while, then fail with `unavailable`.
import type {
  Change,
  Entry,
  Listing,
  Opened,
  OpenRequest,
  PlainValue,
  PutRequest,
  RemoveRequest,
  SessionId,
} from "#protocols/cluster/directory-data.ts";

export type {
  Change,
  Entry,
  Expectation,
  Listing,
  Opened,
  OpenRequest,
  PlainValue,
  Predecessor,
  PutRequest,
  RemoveRequest,
  Revision,
  SessionId,
} from "#protocols/cluster/directory-data.ts";

export interface DirectoryListener {
  /** In the order of their revisions, each once. */
  changed(changes: readonly Change[]): void;
  /** From now on changes are told, but those before may have been missed: list anew. Comes first. */
  lost(): void;
}

export interface Directory {
  /**
   * Opens the session of a node's incarnation, for good the only one of it. Fails with `node_down`
   * when this or a higher incarnation of the name has had one, with `directory_full`.
   */
  open(request: OpenRequest): Promise<Opened>;
  /** Fails with `session_lost` once the session has ended or is superseded: for good. */
  renew(
    session: SessionId,
    news?: { readonly state?: PlainValue },
  ): Promise<{ readonly ttlMs: number }>;
  /** Its entries go at once. Of a session that is none: nothing happens. */
  close(session: SessionId): Promise<void>;
  /**
   * Fails with `conflict`, with the present entry in its text, when it is not as expected; with
   * `session_lost`, `directory_full`, `too_large`, and `invalid`, as below `nodes/`.
   */
  put(request: PutRequest): Promise<Entry>;
  /** Whether there was an entry to remove. Fails with `conflict` when it has another revision. */
  remove(request: RemoveRequest): Promise<boolean>;
  get(key: string): Promise<Entry | undefined>;
  /** In the order of their keys. */
  list(prefix: string): Promise<Listing>;
  /** Answers how to end it; then nothing is told any more. */
  watch(prefix: string, listener: DirectoryListener): () => void;
}
