// The dumps in docs/protocol.md are what the code writes: one of each frame, and of a batch's inside.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { createCodec } from "#protocols/codec.ts";
import type { Envelope } from "#protocols/envelope.ts";
import { decodeFrame, encodeChunk, encodeFrame, sealBatch } from "#protocols/frame-layout.ts";
import type { Frame } from "#protocols/frames.ts";
import { refusalReasons } from "#protocols/frames.ts";
import { protocolVersion } from "#protocols/version.ts";
import { encodePayloadTable } from "#runtime/links/payload-table.ts";

const page = readFileSync(new URL("../../docs/protocol.md", import.meta.url), "utf8");
const session = 7;
const a = { name: "a", incarnation: 1 };
const b = { name: "b", incarnation: 2 };
const none = new Uint8Array();
const lanes = (control: number, messages: number, bulk: number) => ({ control, messages, bulk });
const versions = { versionMin: protocolVersion, version: protocolVersion };

const simple: readonly Exclude<Frame, { readonly kind: "batch" | "chunk" }>[] = [
  {
    ...{ kind: "hello", session, first: lanes(1, 1, 1), ...versions, node: a },
    ...{ cluster: "shop" },
    ...{ address: "tcp://127.0.0.1:7600", wanted: 0, introduction: none, nonce: none, proof: none },
  },
  { kind: "challenge", session, nonce: Buffer.from("0badc0de", "hex") },
  {
    ...{ kind: "welcome", session, acknowledged: lanes(0, 0, 0), version: protocolVersion },
    ...{ node: b, introduction: none },
  },
  { kind: "refuse", session, reason: "quarantined", node: b, text: "declared a~1 down" },
  {
    ...{ kind: "ack", session, acknowledged: lanes(0, 2, 1) },
    ...{ gaps: { control: false, messages: true, bulk: false } },
    ...{ messagesMax: 32_770, bytesMax: 67_108_950 },
  },
  { kind: "ping", session, next: lanes(1, 3, 2) },
  { kind: "goodbye", session },
  { kind: "unknown", session },
];

class TestRef {
  readonly $ = { address: { node: b, path: "/shop", uid: 9 }, protocolId: "shop.Shop@1" };
}
const codec = createCodec({
  refClass: TestRef,
  refs: {
    describe: (value) => (value instanceof TestRef ? value.$ : undefined),
    revive: () => new TestRef(),
  },
});
const sender = { path: "/user/near", uid: 3, protocolId: "demo.Near@1" };
const context = { sender, trace: "", chain: [] };
const to = { path: "/user/far", uid: 5 };
const envelopes: readonly Envelope[] = [
  { kind: "tell", to, method: "add", args: [{ id: 300, share: 0.5 }], context },
  { kind: "tell", to, method: "add", args: [{ id: -1, share: 2 }], context },
  { kind: "ask", to, method: "next", args: [new TestRef()], correlation: 4, remainingMs: 250 },
];

function batch(): Buffer {
  const writer = codec.writer();
  for (const envelope of envelopes) assert.equal(writer.add(envelope), "added");
  const { bytes, messages } = writer.close();
  const head = { lane: "messages", session, firstSequence: 1, messages, payloads: 0 } as const;
  sealBatch(bytes, { ...head, hasTable: false }, []);
  return bytes;
}

function chunk(): Buffer {
  const piece = Buffer.from("the piece");
  const place = { transfer: 1, size: 131_081, offset: 131_072 };
  return encodeChunk({ session, sequence: 2, ...place }, piece);
}

/** Sixteen bytes a line, as `hexdump -C` has them. */
function dumped(bytes: Buffer): string {
  const lines: string[] = [];
  for (let at = 0; at < bytes.length; at += 16) {
    const part = bytes.subarray(at, at + 16);
    const hex = [...part].map((byte) => byte.toString(16).padStart(2, "0")).join(" ");
    const text = [...part].map((byte) =>
      byte >= 32 && byte < 127 ? String.fromCharCode(byte) : ".",
    );
    lines.push(`${at.toString(16).padStart(4, "0")}  ${hex.padEnd(47)}  ${text.join("")}`);
  }
  return lines.join("\n");
}

const dumps: readonly (readonly [string, Buffer])[] = [
  ...simple.map((frame) => [frame.kind, encodeFrame(frame)] as const),
  ["batch", batch()],
  [
    "payload table",
    encodePayloadTable([
      { transfer: 1, size: 131_081 },
      { transfer: 0, size: 4_096 },
    ]),
  ],
  ["chunk", chunk()],
];

for (const [name, bytes] of dumps) {
  test(`the document shows ${name} as it is written`, () => {
    const dump = dumped(bytes);
    const [, shown] = page.split(`\`\`\`dump ${name}\n`);
    assert.equal(shown?.split("\n```", 1)[0], dump, `docs/protocol.md should have:\n${dump}`);
  });
}

test("each frame that is shown is read as what it was, and so is the batch", () => {
  for (const frame of simple) {
    const [, bytes = none] = dumps.find(([name]) => name === frame.kind) ?? [];
    assert.deepEqual(decodeFrame([Buffer.from(bytes)]), reread(frame));
  }
  const read = codec.decode({ bytes: batch(), payloads: [], messages: envelopes.length });
  assert.deepEqual(read, envelopes);
});

const reread = (frame: Frame): unknown =>
  Object.fromEntries(
    Object.entries(frame).map(([key, value]) => [
      key,
      value instanceof Uint8Array ? Buffer.from(value) : value,
    ]),
  );

test("the document names the present version and every reason for a refusal", () => {
  assert(page.includes(`version ${protocolVersion}`));
  for (const [number, reason] of refusalReasons.entries()) {
    assert(page.includes(`| ${number} | \`${reason}\` |`), `${number} ${reason}`);
  }
});
