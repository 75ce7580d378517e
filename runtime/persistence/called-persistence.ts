// The ports over a single function: a store that can answer calls as data is a `Persistence`.
import type {
  AppendRequest,
  Claim,
  DeleteRequest,
  Journal,
  Persistence,
  ReadRequest,
  SaveRequest,
  SnapshotStore,
  StoredRow,
} from "./journal.ts";
import { checkCall, type StoreCall } from "./store-call.ts";

interface Answers {
  readonly claim: Claim;
  readonly append: number;
  readonly read: readonly StoredRow[];
  readonly "forget-events": undefined;
  readonly save: undefined;
  readonly load: StoredRow | undefined;
  readonly "forget-snapshots": undefined;
}

export type StoreAnswer<C extends StoreCall = StoreCall> = Answers[C["kind"]];

/** Does a call that was checked. */
export interface StoreCaller {
  call<C extends StoreCall>(call: C): Promise<StoreAnswer<C>>;
}

export class CalledPersistence implements Persistence {
  readonly journal: Journal;
  readonly snapshots: SnapshotStore;

  constructor(caller: StoreCaller) {
    // Async, so that what `checkCall` throws comes as a rejection like all other failures.
    const call = async <C extends StoreCall>(made: C): Promise<StoreAnswer<C>> => {
      checkCall(made);
      return caller.call(made);
    };
    this.journal = {
      claim: (persistenceId: string) => call({ kind: "claim", persistenceId }),
      append: (request: AppendRequest) => call({ ...request, kind: "append" }),
      read: (request: ReadRequest) => call({ ...request, kind: "read" }),
      deleteUpTo: (request: DeleteRequest) => call({ ...request, kind: "forget-events" }),
    };
    this.snapshots = {
      save: (request: SaveRequest) => call({ ...request, kind: "save" }),
      loadLatest: (persistenceId: string) => call({ kind: "load", persistenceId }),
      deleteUpTo: (request: DeleteRequest) => call({ ...request, kind: "forget-snapshots" }),
    };
  }
}
