import { historyPromises } from "./history-promises.ts";
import { nodePromises } from "./node-promises.ts";
import { inMemory, onSqlite } from "./record-fixture.ts";
import { steeringPromises } from "./steering-promises.ts";

for (const [kind, make] of [
  ["memory", inMemory],
  ["SQLite", onSqlite],
] as const) {
  nodePromises(kind, make);
  steeringPromises(kind, make);
  historyPromises(kind, make);
}
