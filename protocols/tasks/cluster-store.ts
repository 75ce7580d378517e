// The store of a cluster: its tasks, and what it must remember beside them. Whoever needs only a part
// asks by that part's protocol: `TaskStore` has the same id, and it is the same store.
import { type Protocol, withMethodsOf } from "../protocol.ts";
import { ClusterRecords } from "./cluster-records.ts";
import { TaskStore } from "./store.ts";
import { TaskRecords } from "./task-records.ts";

export interface Store extends TaskStore, TaskRecords, ClusterRecords {}

export const Store: Protocol<Store> = withMethodsOf(
  withMethodsOf(TaskStore, TaskRecords),
  ClusterRecords,
);
