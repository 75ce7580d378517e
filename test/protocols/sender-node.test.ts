// The node of a message's sender on the wire: left out where it is the sending one, checked where not.
import assert from "node:assert/strict";
import { test } from "node:test";
import { formatNode, parseNode } from "#protocols/address.ts";
import { createCodec } from "#protocols/codec.ts";
import type { Envelope, EnvelopeContext } from "#protocols/envelope.ts";

const codec = createCodec({
  refClass: class {},
  refs: { describe: () => undefined, revive: assert.fail },
});

function carried(context: EnvelopeContext): readonly Envelope[] {
  const to = { path: "/a", uid: 1 };
  const tell: Envelope = { kind: "tell", to, method: "add", args: [1, "x"], context };
  const ask: Envelope = { ...tell, kind: "ask", correlation: 4, remainingMs: 5 };
  const writer = codec.writer();
  for (const envelope of [tell, ask]) assert.equal(writer.add(envelope), "added");
  const read = codec.decode(writer.close());
  assert.deepEqual(read, [tell, ask]);
  return read;
}

test("a sender arrives with the node that it lives on, or without one", () => {
  const sender = { path: "/desk", uid: 7, protocolId: "demo.Desk@1" };
  carried({ sender, trace: "", chain: [] });
  carried({
    sender: { node: { name: "n1", incarnation: 46_655 }, ...sender },
    trace: "",
    chain: [],
  });
  carried({ sender: { node: { name: "n1", incarnation: 0 }, ...sender }, trace: "", chain: ["k"] });
});

test("a node's text is read as it was written, and nothing else is", () => {
  for (const node of [
    { name: "n", incarnation: 0 },
    { name: "worker-1", incarnation: 1 },
    { name: "a.b_c$", incarnation: Number.MAX_SAFE_INTEGER },
  ]) {
    assert.deepEqual(parseNode(formatNode(node)), node);
  }
  for (const text of [
    "",
    "~1",
    "n~",
    "n~0",
    "n~01",
    "n~-1",
    "n~1.5",
    "n~1~1",
    "n~K3",
    "n 1",
    "ä",
  ]) {
    assert.equal(parseNode(text), undefined, text);
  }
});
