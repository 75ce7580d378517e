import assert from "node:assert/strict";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, it } from "node:test";
import { actOn, engineScriptIn, plainScript } from "#actors/inference/scripted/engine-script.ts";
import { Failure } from "#protocols/failure.ts";
import { openRealRepository } from "../repository/real-repository.ts";

describe("a script", () => {
  it("says what becomes of which request", () => {
    const runs = [
      { from: 2, act: "crash" as const },
      { from: 4, count: 2, act: "fail" as const },
    ];
    const script = engineScriptIn(JSON.stringify({ runMs: 7, runs }), "script.json");
    assert.equal(script.runMs, 7);
    assert.equal(script.requestsMax, plainScript.requestsMax);
    const acts = [1, 2, 3, 4, 5, 6].map((number) => actOn(script, number)?.act);
    assert.deepEqual(acts, [undefined, "crash", undefined, "fail", "fail", undefined]);
  });

  for (const [text, reason] of [
    ["{", /^script\.json is not JSON/],
    ['{ "runMs": -1 }', /^script\.json: \/runMs /],
    ['{ "runs": [{ "from": 1, "act": "explode" }] }', /^script\.json: \/runs\/0\/act /],
    ['{ "runMS": 1 }', /^script\.json: \/runMS /],
  ] as const) {
    it(`that is ${text} is refused by name`, () => {
      assert.throws(
        () => engineScriptIn(text, "script.json"),
        (why) => why instanceof Failure && why.code === "model_failed" && reason.test(why.detail),
      );
    });
  }
});

it("a model with a script is served from its folder, without a process", async () => {
  const write = async (root: string, name: string, script: string): Promise<void> => {
    await mkdir(join(root, name, "1"), { recursive: true });
    await writeFile(join(root, name, "config.json"), '{ "backend": "scripted" }');
    await writeFile(join(root, name, "1", "script.json"), script);
  };
  const fails = '{ "runs": [{ "from": 2, "act": "fail", "code": "bad_image", "detail": "so" }] }';
  const repository = await openRealRepository(async (root) => {
    await write(root, "acted", fails);
    await write(root, "broken", '{ "loadMs": "long" }');
  });
  try {
    const [acted, broken] = await repository.index();
    assert.equal(acted, "acted 1 READY");
    assert.match(broken ?? "", /^broken 1 UNAVAILABLE: .*script\.json: \/loadMs /);
    const bytes = Uint8Array.of(1, 2, 3);
    const files = [{ name: "image", bytes }];
    const asked = { model: "acted", files, parameters: {} };
    const { files: answered, figures } = await repository.models.run(asked);
    assert.deepEqual(answered[0]?.bytes, bytes);
    assert.deepEqual(figures, { version: 1 });
    const again = await repository.models.run(asked).catch(Failure.of);
    assert.ok(again instanceof Failure && again.code === "bad_image" && again.detail === "so");
  } finally {
    await repository.stop();
  }
});
