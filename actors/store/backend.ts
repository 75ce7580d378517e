// What the StoreActor needs of a back end, and the calls that it makes, as data.

import type { Store } from "#protocols/tasks/cluster-store.ts";
import type { StoreInfo } from "#protocols/tasks/store.ts";
import type { CallOutcome } from "#runtime/stores/sqlite/grouped-commit.ts";

export type StoreMethod = keyof Store;
export type StoreArguments<M extends StoreMethod> = Parameters<Store[M]>;
export type StoreValue<M extends StoreMethod> = ReturnType<Store[M]>;

export type StoreCommand = {
  [M in StoreMethod]: { readonly method: M; readonly args: StoreArguments<M> };
}[StoreMethod];

export type StoreAnswer = CallOutcome<StoreValue<StoreMethod>>;

/** One number that a back end has of itself, for metrics: `troupe_store_<name>`. */
export interface BackendFigure {
  readonly name: string;
  readonly type: "counter" | "gauge";
  readonly help: string;
  readonly value: number;
}

export interface BackendFigures {
  /** Calls that wait, and the bytes of their files, with their bounds. Full: `mailbox_full`. */
  readonly waiting: {
    readonly calls: number;
    readonly callsMax: number;
    readonly bytes: number;
    /** Null: bytes have no bound. */
    readonly bytesMax: number | null;
  };
  readonly figures: readonly BackendFigure[];
}

export interface StoreBackend {
  readonly info: StoreInfo;
  /** Rejects when the back end ends without having been closed; never resolves. */
  readonly lost: Promise<never>;
  /**
   * The command's answer, once its change is as durable as the answer says. Commands that come close
   * together are committed together. Fails with `mailbox_full` when too much waits, `store_failed` and
   * `unavailable` when the store cannot serve and nothing was changed, `unknown_outcome` when it may
   * have been, `corrupt` for damaged rows.
   */
  call<C extends StoreCommand>(command: C): Promise<StoreValue<C["method"]>>;
  /** What it has of itself now, without asking the store. Left out: nothing. */
  measured?(): Promise<BackendFigures>;
  /** Answers what waits, and lets go of the store. */
  close(): Promise<void>;
}
