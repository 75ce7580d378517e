// A node's process for tests: speaks the launch protocol and writes what happens into a journal.
// Arguments: journal, name, behaviour, what one that scales is to ask of the launcher.
import { appendFileSync } from "node:fs";

const [, , journal, name, behaviour, asks = "[]"] = process.argv;
const note = (what) => appendFileSync(journal, `${what} ${name}\n`);

process.on("SIGINT", () => undefined);
process.on("disconnect", () => process.exit(1));
process.on("message", (order) => {
  if (order.kind === "standing") {
    const stand = order.groups.flatMap(({ nodes }) => nodes);
    note(`standing ${stand.map(({ node, phase }) => `${node}:${phase}`)}`);
    return;
  }
  if (order.kind === "turn") {
    process.send({ kind: "turned" });
    return;
  }
  note(order.kind);
  if (behaviour === "deaf") return;
  if (order.kind === "drain") process.send({ kind: "drained" });
  if (order.kind === "stop") process.exit(0);
});

const leave = (wish) => process.send({ kind: "leaving", wish });

note("start");
if (process.env.TROUPE_FORMER_END) note(process.env.TROUPE_FORMER_END);
console.log(`${name} says hello`);
if (behaviour === "crash" || (behaviour === "crash-but-1" && !name.endsWith("-1"))) {
  console.error(`${name} has no idea what to do`);
  process.exit(7);
} else if (behaviour === "hopeless") {
  process.send({ kind: "failed", code: "invalid", detail: "no such model" }, () => process.exit(1));
} else if (behaviour !== "never-ready") {
  // Slow enough that a node started too early would be noted before.
  setTimeout(() => {
    note("ready");
    process.send({ kind: "ready", ...(name === "control" ? { url: "http://127.0.0.1:1" } : {}) });
    // One after the other, each when the last one has had its time.
    for (const [index, ask] of JSON.parse(asks).entries()) {
      if (behaviour === "scales") setTimeout(() => process.send(ask), 1000 * (index + 1));
    }
    // Late enough for the report to be on its way.
    if (behaviour === "blocks")
      setTimeout(() => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0), 20);
    if (behaviour === "comes-back") {
      leave("come-back");
      setTimeout(() => process.exit(0), 20);
    }
    if (behaviour === "hangs") leave("come-back");
    if (behaviour === "hangs-away") leave("stay-away");
  }, 50);
}
