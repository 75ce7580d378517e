import assert from "node:assert/strict";
import { mock, test } from "node:test";
import type { DialKind } from "#protocols/cluster/dial-sight.ts";
import { membershipLimits } from "#protocols/cluster/membership-limits.ts";
import { GonePeers } from "#runtime/gone-peers.ts";

const { goneAfterMs } = membershipLimits;

function watched(context: { after(end: () => void): void }, present = true) {
  mock.timers.enable({ apis: ["setTimeout"] });
  context.after(() => mock.timers.reset());
  const gone: string[] = [];
  const node = { name: "b", incarnation: 7 };
  const peers = new GonePeers({
    present: () => (present ? node : undefined),
    gone: ({ name, incarnation }) => gone.push(`${name} ${incarnation}`),
  });
  const saw = (kind: DialKind): void => peers.saw("b", { kind, sinceMs: 0 });
  return { gone, peers, saw };
}

test("a peer whose machine goes on refusing connections is gone, once", (context) => {
  const { gone, saw } = watched(context);
  saw("refused");
  mock.timers.tick(goneAfterMs - 1);
  assert.deepEqual(gone, []);
  saw("refused");
  mock.timers.tick(1);
  assert.deepEqual(gone, ["b 7"]);
  mock.timers.tick(10 * goneAfterMs);
  assert.deepEqual(gone, ["b 7"]);
});

for (const kind of ["alive", "no_handshake", "unanswered"] as const) {
  test(`a peer that is seen as ${kind} meanwhile is not gone`, (context) => {
    const { gone, saw } = watched(context);
    saw("refused");
    mock.timers.tick(goneAfterMs - 1);
    saw(kind);
    mock.timers.tick(10 * goneAfterMs);
    assert.deepEqual(gone, []);
  });
}

test("nobody is gone who is not known, and none once the node has closed", (context) => {
  const unknown = watched(context, false);
  unknown.saw("refused");
  mock.timers.tick(goneAfterMs);
  assert.deepEqual(unknown.gone, []);
  mock.timers.reset();
  const closed = watched(context);
  closed.saw("refused");
  closed.peers.close();
  mock.timers.tick(goneAfterMs);
  assert.deepEqual(closed.gone, []);
});
