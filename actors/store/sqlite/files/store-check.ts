// Looks through the file of a store, also while the store runs.
import { storePolicyDefault } from "../../store-policy.ts";
import { inspectDatabase, lostCommits } from "../store-inspection.ts";
import { readStore } from "./store-file.ts";

/** At most 100 problems, as sentences. Fails with `invalid` when the file is no store. */
export const checkStore = (path: string, nowMs: number): readonly string[] =>
  readStore(path, (database) => [
    ...lostCommits(path),
    ...inspectDatabase(database, { nowMs, policy: storePolicyDefault }),
  ]);
