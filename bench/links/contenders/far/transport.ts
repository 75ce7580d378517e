// The other transport: counts tells, answers asks.
import { sayAddress } from "../../far-process.ts";
import { isItem } from "../../item.ts";
import { openEnd } from "../../transport-end.ts";

let count = 0;
const end = await openEnd({ name: "far", peer: "near" }, (envelope) => {
  if (envelope.kind === "tell") count += 1;
  if (envelope.kind !== "ask") return;
  const { args, correlation, method } = envelope;
  const [item] = args;
  if (method === "next" && isItem(item)) {
    end.send({ kind: "reply", correlation, value: item.id + 1 });
    return;
  }
  end.send({ kind: "reply", correlation, value: count });
  count = 0;
});
sayAddress(end.address);
