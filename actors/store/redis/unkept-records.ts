// What the cluster remembers beside tasks is not kept in Redis: whoever asks for it is told.
import { Failure } from "#protocols/failure.ts";
import type { RecordShelf } from "../record-shelf.ts";

const refuse = (): never => {
  const text = "Redis keeps tasks only, no nodes, configuration, alerts, metrics or keys";
  throw new Failure("unavailable", `${text}: keep those in a SQLite store`);
};

export const unkeptRecords: RecordShelf = {
  get: refuse,
  scan: refuse,
  put: refuse,
  drop: refuse,
  trim: refuse,
  check: () => [],
};
