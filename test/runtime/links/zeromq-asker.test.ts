// Asking a desk that is not there, not yet there, or nowhere.
import assert from "node:assert/strict";
import { test } from "node:test";
import { controlLimits } from "#protocols/control-limits.ts";
import { askDesk } from "#runtime/links/zeromq-asker.ts";
import { ZeromqDesk } from "#runtime/links/zeromq-desk.ts";

test("a desk that nobody keeps is a timeout that names the address", async () => {
  const body = new Uint8Array([0x7b, 0x7d]);
  const nobody = { address: "tcp://127.0.0.1:9", body, withinMs: 50, attemptsMax: 2 };
  await assert.rejects(askDesk(nobody), {
    code: "timeout",
    detail: /tcp:\/\/127.0.0.1:9, asked 2/,
  });
  await assert.rejects(askDesk({ ...nobody, address: "nowhere" }), { code: "invalid" });
});

test("where nothing listens that is told long before the time is over", {
  timeout: 20_000,
}, async () => {
  const body = new Uint8Array([0x7b, 0x7d]);
  const nobody = { address: "tcp://127.0.0.1:9", body, withinMs: 60_000, attemptsMax: 3 };
  await assert.rejects(askDesk(nobody), {
    code: "unavailable",
    detail: /no connection to tcp:\/\/127.0.0.1:9 .* is the cluster running/,
  });
});

test("a desk that begins to listen a moment later still answers", async (context) => {
  const deskAt = (address: string) =>
    ZeromqDesk.bind({
      ...{ ...controlLimits, address },
      asked: ({ answer }) => answer(new TextEncoder().encode("late")),
      dropped: () => {},
      failed: (failure) => assert.fail(failure.detail),
    });
  const former = await deskAt("tcp://127.0.0.1:*");
  const { address } = former;
  await former.close();
  const asked = askDesk({ address, body: new Uint8Array([1]), withinMs: 2_000, attemptsMax: 3 });
  await new Promise((resolve) => setTimeout(resolve, 300));
  const desk = await deskAt(address);
  context.after(() => desk.close());
  assert.equal(new TextDecoder().decode(await asked), "late");
});
