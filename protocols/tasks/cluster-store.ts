// The store of a cluster: its tasks, and what it must remember beside them. Whoever needs only the one
// half asks by that half's protocol; it is the same store, and the same messages.
import { type Protocol, withMethodsOf } from "../protocol.ts";
import { ClusterRecords } from "./cluster-records.ts";
import { TaskStore } from "./store.ts";

export interface Store extends TaskStore, ClusterRecords {}

export const Store: Protocol<Store> = withMethodsOf(TaskStore, ClusterRecords);
