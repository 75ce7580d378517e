// What a bare loop is told to do, and what it tells.

/**
 * `session` only runs the session on tensors that are there already. `repair` reads the files, runs and
 * writes, one after the other; `overlapped` does so by hand as fast as one session lets it: the next files are
 * read and the last one is written while it runs. `kept` repairs one after the other and keeps the files of each, and
 * then its result, in a database: each is on the disk before it goes on. `together` does eight repairs at once. `lateness` runs the
 * session for seconds on end and tells of each how late the event loop was; `idle` does nothing, and tells the same.
 */
export type BareKind =
  | "session"
  | "repair"
  | "kept"
  | "overlapped"
  | "together"
  | "lateness"
  | "idle";

/** Of the work `together`. */
export const bareTogether = 8;

export interface BareStart {
  readonly folder: string;
  readonly threads: number;
  readonly image: Uint8Array;
  readonly mask: Uint8Array;
  readonly width: number;
  readonly height: number;
  /** Folder of the database of `kept`; default: it cannot be told to. */
  readonly keepsIn?: string;
}
export interface BareOrder {
  readonly kind: BareKind;
  readonly count: number;
}
export interface BareReport {
  /** One for each picture; none where they overlap. */
  readonly latenciesMs: readonly number[];
}
