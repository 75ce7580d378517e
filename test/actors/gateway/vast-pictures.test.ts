// A few bytes that claim to be a picture without end, on every way into a gateway over its socket.
import assert from "node:assert/strict";
import { test } from "node:test";
import { errorPage } from "#protocols/outside/lama-cleaner.ts";
import { planOf, pngOf, textFile } from "../queue/queue-bench.ts";
import { leaseOf } from "../queue/queue-fixture.ts";
import { apiOn } from "./api-bench.ts";

/** The screen of a GIF, and nothing behind it. */
const gifOf = (width: number, height: number): Buffer => {
  const head = Buffer.from("GIF89a\0\0\0\0\0\0\0", "latin1");
  head.writeUInt16LE(width, 6);
  head.writeUInt16LE(height, 8);
  return head;
};

const bombs: readonly Uint8Array[] = [
  gifOf(65_535, 65_535),
  pngOf(49_000, 49_000),
  pngOf(100_000, 100_000),
  pngOf(2 ** 31 - 1, 1_000),
  pngOf(2 ** 31 - 1, 2 ** 31 - 1),
];
const honest = pngOf(64, 64);

type Files = Readonly<Record<string, Uint8Array>>;

function formOf(files: Files, texts: Readonly<Record<string, string>> = {}): FormData {
  const form = new FormData();
  for (const [name, text] of Object.entries(texts)) form.set(name, text);
  for (const [name, bytes] of Object.entries(files)) form.set(name, new Blob([bytes]), name);
  return form;
}

/** One worker, one queue with room for ten. */
async function stage(context: Parameters<typeof apiOn>[0]) {
  const queue = planOf("default", { settings: { queue: "default", pendingMax: 10 } });
  const api = await apiOn(context, [queue]);
  let posts = 0;
  const send = (path: string, body: FormData, headers: Record<string, string> = {}) => {
    posts += 1;
    const own = { "idempotency-key": `send ${posts}`, ...headers };
    return api.call(path, { method: "POST", body, headers: own });
  };
  return { ...api, send };
}

test("a repair of one is refused at once in the original's words, and fills no queue", async (context) => {
  const { send, worker, queue, complete } = await stage(context);
  const one = await worker("one");
  for (const prefer of ["wait=20", "respond-async"]) {
    for (const bomb of bombs) {
      const files = [
        { image: bomb, mask: honest },
        { image: honest, mask: bomb },
      ];
      for (const form of files) {
        const { status, headers, body } = await send("/inpaint", formOf(form), { prefer });
        assert.deepEqual([status, body.text], [500, errorPage(500)]);
        assert.equal(headers.get("x-troupe-code"), "bad_image");
        assert.match(
          headers.get("x-troupe-detail") ?? "",
          /^the (image|mask) has \d+ pixels, .*00 a/,
        );
      }
    }
  }
  assert.equal((await queue.statistics()).pending, 0);
  const answer = send("/inpaint", formOf({ image: honest, mask: honest }));
  await complete("one", await one.next(), [textFile("image", "repaired")]);
  const { status, body } = await answer;
  assert.deepEqual([status, body.text], [200, "repaired"]);
});

test("a task of one is refused as JSON, alone, in steps and in the removal of text", async (context) => {
  const { send, worker } = await stage(context);
  await worker("one", { models: ["diffuse", "text-detector"] });
  const steps = [{ name: "fill", type: "inpaint", model: "diffuse" }];
  for (const bomb of bombs) {
    const answers = [
      await send("/api/v1/tasks", formOf({ image: bomb }, { task: '{"type":"inpaint"}' })),
      await send("/api/v1/tasks", formOf({ image: bomb }, { task: JSON.stringify({ steps }) })),
      await send("/api/v1/remove-text", formOf({ image: bomb })),
      await send("/api/v1/remove-text", formOf({ image: bomb }), { prefer: "respond-async" }),
    ];
    for (const { status, headers, body } of answers) {
      assert.deepEqual([status, headers.get("x-troupe-code")], [400, "bad_image"]);
      assert.match(String(body.text), /^the image has \d+ pixels, as its first bytes say; at most/);
    }
  }
});

test("one among the items of a batch is refused by position, and the others are taken", async (context) => {
  const { send, worker, queue } = await stage(context);
  const one = await worker("one", { slots: 2 });
  const form = new FormData();
  for (const [bytes, name] of [
    [honest, "a"],
    [pngOf(2 ** 31 - 1, 2 ** 31 - 1), "b"],
    [pngOf(63, 64), "c"],
  ] as const) {
    form.append("image", new Blob([bytes]), name);
  }
  form.append("mask", new Blob([honest]), "m");
  const { status, body } = await send("/api/v1/batches", form);
  assert.deepEqual([status, body.taken, body.refused], [207, 2, 1]);
  assert.match(JSON.stringify(body.items), /"position":1,"error":\{"code":"bad_image",/);
  for (const lease of [await one.next(), await one.next()]) {
    await queue.complete({
      node: "one",
      lease: leaseOf(lease),
      result: { figures: {}, files: [] },
    });
  }
});

test("what is no work on pictures is taken, whatever its files look like", async (context) => {
  const { send, worker, post } = await stage(context);
  const one = await worker("one", { models: ["counter"] });
  const task = JSON.stringify({ type: "count-bytes", model: "counter" });
  for (const bomb of bombs) {
    const { status } = await send("/api/v1/tasks", formOf({ image: bomb }, { task }));
    assert.equal(status, 202);
  }
  // None of them has a worker whose machine is known; what demands nothing goes past them.
  await post({ type: "count-bytes", model: "counter", name: "small" });
  assert.equal((await one.next()).inputs.length, 0);
});
