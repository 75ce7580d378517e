import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { type ModelsKnown, modelRefusal } from "#actors/gateway/model-doubt.ts";
import { ServedModels } from "#actors/gateway/served-models.ts";
import { Failure } from "#protocols/failure.ts";

type Told = NonNullable<ModelsKnown["told"]>;

const entry = (name: string, state: Told["models"][number]["state"], reason = "") => ({
  ...{ name, state, reason, node: "worker-1" },
  aliases: [`${name}@2`, `${name}@stable`],
});
const told = (...models: Told["models"]): Told => ({ models, silent: [] });
const known: ModelsKnown = {
  offered: ["diffuse", "diffuse@2", "finder"],
  offering: ["worker-1", "finder-1"],
  configured: ["diffuse", "lama"],
  told: told(entry("diffuse", "READY")),
};

describe("a model that no worker offers", () => {
  const waits: readonly [what: string, model: string, known: Partial<ModelsKnown>][] = [
    ["is offered after all", "finder", {}],
    ["is of the topology, and its workers are still to come", "lama", {}],
    ["is being loaded", "big", { told: told(entry("big", "LOADING")) }],
    ["is ready, and is offered in a moment", "big", { told: told(entry("big", "READY")) }],
    ["is an alias of what is ready", "big@stable", { told: told(entry("big", "READY")) }],
    ["cannot be known: nobody says", "tpyo", { told: undefined }],
    [
      "cannot be known: a worker is silent",
      "tpyo",
      { told: { models: [], silent: [{ node: "worker-2" }] } },
    ],
    [
      "cannot be known: a worker of one's own has yet to offer",
      "tpyo",
      { told: { ...told(), own: [{ node: "napper" }] } },
    ],
  ];
  for (const [what, model, more] of waits) {
    test(`is waited for when it ${what}`, () => {
      assert.equal(modelRefusal(model, { ...known, ...more }), undefined);
    });
  }

  const refusals: readonly [
    what: string,
    model: string,
    known: Partial<ModelsKnown>,
    code: string,
    detail: string,
  ][] = [
    [
      "has a name that nobody knows",
      "tpyo",
      {},
      "invalid",
      "there is no model tpyo; offered are: diffuse, finder",
    ],
    [
      "has a name that nobody knows, and who is silent has said all by its offer",
      "tpyo",
      { told: { models: [], silent: [{ node: "finder-1" }] } },
      "invalid",
      "there is no model tpyo; offered are: diffuse, finder",
    ],
    [
      "has no such version",
      "diffuse@7",
      {},
      "invalid",
      "the model diffuse has no version or alias 7; offered are: diffuse@2",
    ],
    [
      "is an alias whose version is not served",
      "diffuse@stable",
      {
        told: told(
          { ...entry("diffuse", "READY"), aliases: ["diffuse@2"] },
          {
            ...entry("diffuse", "UNAVAILABLE", "the version policy is latest 1"),
            aliases: ["diffuse@1", "diffuse@stable"],
          },
        ),
      },
      "unavailable",
      "the model diffuse@stable is not ready (worker-1: the version policy is latest 1); offered are: diffuse@2",
    ],
    [
      "is in no worker's hands ready",
      "lama",
      { told: told(entry("lama", "UNAVAILABLE", "its manifest does not fit")), offered: [] },
      "unavailable",
      "the model lama is not ready (worker-1: its manifest does not fit); offered are: none",
    ],
    [
      "is unloaded",
      "diffuse",
      { told: told(entry("diffuse", "UNLOADING")), offered: ["finder"] },
      "unavailable",
      "the model diffuse is not ready (worker-1: UNLOADING); offered are: finder",
    ],
  ];
  for (const [what, model, more, code, detail] of refusals) {
    test(`is refused when it ${what}`, () => {
      const refusal = modelRefusal(model, { ...known, ...more });
      assert.deepEqual(refusal?.toData(), { code, detail });
    });
  }
});

function stage() {
  const clock = { now: 0 };
  const asked = { workers: 0, index: 0 };
  const state: { offers: string[]; told: Told | Failure } = { offers: ["lama"], told: told() };
  const served = new ServedModels({
    workers: async () => {
      asked.workers += 1;
      const { offers: models } = state;
      return [{ node: "worker-1", slots: 1, running: 0, overdue: 0, reportsRefused: 0, models }];
    },
    index: async () => {
      asked.index += 1;
      if (state.told instanceof Failure) throw state.told;
      return state.told;
    },
    configured: ["lama"],
    now: () => clock.now,
    wait: async (ms) => {
      clock.now += ms;
    },
  });
  const signal = new AbortController();
  const refusal = async (model: string) => (await served.refusal(model, signal.signal))?.code;
  return { ...{ clock, asked, state, served, signal }, refusal };
}

describe("who is about to wait", () => {
  test("costs the queue one question in two seconds, however many ask", async () => {
    const { clock, asked, refusal } = stage();
    await Promise.all(Array.from({ length: 99 }, () => refusal("lama")));
    clock.now = 1_999;
    assert.equal(await refusal("lama"), undefined);
    assert.deepEqual(asked, { workers: 1, index: 0 });
    clock.now = 2_000;
    await refusal("lama");
    assert.deepEqual(asked, { workers: 2, index: 0 });
  });

  test("waits for a minute for a model whose workers have gone, then hears that it is not ready", async () => {
    const { clock, state, refusal } = stage();
    await refusal("lama");
    state.offers = [];
    state.told = told(entry("lama", "UNAVAILABLE", "it was unloaded"));
    clock.now = 59_999;
    assert.equal(await refusal("lama"), undefined);
    clock.now = 60_000;
    assert.equal(await refusal("lama"), "unavailable");
    assert.equal(clock.now, 65_000);
  });

  test("waits for a model that was not ready, and is loaded within five seconds", async () => {
    const { clock, state, refusal } = stage();
    state.offers = [];
    state.told = told(entry("lama", "UNAVAILABLE", "it is not loaded yet"));
    const answer = refusal("lama");
    state.told = told(entry("lama", "LOADING"));
    assert.equal(await answer, undefined);
    assert.ok(clock.now <= 1_000);
  });

  test("is not kept by a client that has gone, nor by partners that do not answer", async () => {
    const { clock, state, signal, refusal } = stage();
    state.told = new Failure("unavailable", "the registry is away");
    assert.equal(await refusal("tpyo"), undefined);
    clock.now = 1_000;
    state.told = told(entry("big", "UNAVAILABLE"));
    signal.abort();
    assert.equal(await refusal("big"), "unavailable");
    assert.equal(clock.now, 1_000);
    assert.equal(await refusal("tpyo"), "invalid");
  });
});
