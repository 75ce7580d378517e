import { alertPromises } from "./alert-promises.ts";
import { errorPromises } from "./error-promises.ts";
import { historyPromises } from "./history-promises.ts";
import { nodeLifePromises } from "./node-life-promises.ts";
import { nodePromises } from "./node-promises.ts";
import { inMemory, onSqlite } from "./record-fixture.ts";
import { steeringPromises } from "./steering-promises.ts";

const promises = [
  nodePromises,
  nodeLifePromises,
  steeringPromises,
  alertPromises,
  historyPromises,
  errorPromises,
];

for (const promise of promises) {
  promise("memory", inMemory);
  promise("SQLite", onSqlite);
}
