import assert from "node:assert/strict";
import { after, before, beforeEach, describe, test } from "node:test";
import { PluginService } from "#actors/gateway/plugin-service.ts";
import type { Client, ClientSubmission } from "#actors/gateway/queue-client.ts";
import { routeRequests } from "#actors/gateway/router.ts";
import { pluginRoutes } from "#actors/gateway/routes/plugin-routes.ts";
import { HttpServer } from "#actors/gateway/server.ts";
import { Failure } from "#protocols/failure.ts";
import { errorPage } from "#protocols/outside/lama-cleaner.ts";
import type { PluginModel } from "#protocols/tasks/plugins.ts";
import type { TaskOutcome } from "#protocols/tasks/task.ts";
import { formatTraceparent } from "#protocols/trace-context.ts";
import { completed, failed } from "../stand-in-service.ts";

const ready = { state: "READY", isDefault: true };
const every: readonly PluginModel[] = [
  { name: "makegif", kind: "make-gif", ...ready },
  { name: "gfpgan", kind: "restore-face", ...ready },
  { name: "esrgan", kind: "upscale", ...ready },
  { name: "u2net", kind: "remove-background", aliases: ["u2net@2", "u2net@stable"], ...ready },
  { name: "isnet", kind: "remove-background", ...ready },
  { name: "isnetis", kind: "anime-segment", state: "UNAVAILABLE", isDefault: true },
  { name: "sam", kind: "segment-by-clicks", ...ready },
  { name: "mine", kind: "of-our-own", ...ready },
];

let models: () => Promise<readonly PluginModel[]>;
let now = 0;
let answer: () => Promise<TaskOutcome>;
const submitted: { submission: ClientSubmission; client: Client }[] = [];
let server: HttpServer;

before(async () => {
  const plugins = new PluginService({ models: () => models(), now: () => now });
  const tasks = {
    run: async (submission: ClientSubmission, client: Client) => {
      submitted.push({ submission, client });
      return answer();
    },
    submit: async (submission: ClientSubmission, client: Client) => {
      submitted.push({ submission, client });
      return { taskId: "task-9", isReplay: false, ack: "durable" as const };
    },
  };
  const handle = routeRequests(pluginRoutes(plugins, tasks));
  server = await HttpServer.listen({ host: "127.0.0.1", port: 0, handle, failed: () => {} });
});
after(() => server.close(100));
beforeEach(() => {
  now += 10_000;
  models = async () => every;
  answer = async () => completed(new Uint8Array([1, 2, 3]), "image/png");
  submitted.length = 0;
});

type Fields = Readonly<Record<string, string>>;

function formOf(name: string, texts: Fields = {}, files: Fields = { image: "picture" }): FormData {
  const form = new FormData();
  form.set("name", name);
  for (const [key, text] of Object.entries(texts)) form.set(key, text);
  for (const [key, text] of Object.entries(files)) form.set(key, new Blob([text]), `${key}.png`);
  return form;
}

const post = (body: NonNullable<RequestInit["body"]>, headers: Fields = {}): Promise<Response> =>
  fetch(`${server.url}/run_plugin`, { method: "POST", body, headers });

async function answers(response: Promise<Response>, status: number, body: string, why: RegExp) {
  const arrived = await response;
  assert.deepEqual([arrived.status, await arrived.text()], [status, body]);
  assert.match(arrived.headers.get("x-troupe-detail") ?? "", why);
}

describe("GET /server_config", () => {
  const config = async () => (await fetch(`${server.url}/server_config`)).text();
  const text = (plugins: string) =>
    `{"controlNetMethod":"control_v11p_sd15_canny","enableFileManager":false,"isControlNet":false,"isDisableModelSwitchState":false,"isEnableAutoSaving":false,"plugins":[${plugins}]}\n`;

  test("names the plugins whose models are ready, in the original's order and no other name", async () => {
    const response = await fetch(`${server.url}/server_config`);
    assert.equal(response.headers.get("content-type"), "application/json");
    const names = ["InteractiveSeg", "RemoveBG", "RealESRGAN", "GFPGAN", "MakeGIF"];
    assert.equal(await response.text(), text(names.map((name) => `"${name}"`).join(",")));
  });

  test("names none while the workers say nothing, and asks them once a second at most", async () => {
    let asked = 0;
    models = async () => {
      asked += 1;
      throw new Failure("unavailable", "not yet");
    };
    assert.deepEqual([await config(), await config(), asked], [text(""), text(""), 1]);
    now += 1_000;
    models = async () => every.slice(0, 1);
    assert.equal(await config(), text('"MakeGIF"'));
  });
});

describe("POST /run_plugin", () => {
  test("has each plugin done by the first of its models, with what its form says", async () => {
    const made: readonly [form: FormData, told: readonly unknown[]][] = [
      [formOf("RemoveBG"), ["remove-background", "isnet", {}, "image"]],
      [formOf("RealESRGAN", { upscale: "2" }), ["upscale", "esrgan", { upscale: 2 }, "image"]],
      [
        formOf("InteractiveSeg", { clicks: "[[1,2,1]]" }, { image: "p", mask: "unused" }),
        ["segment-by-clicks", "sam", { clicks: "[[1,2,1]]" }, "image"],
      ],
      [
        formOf("MakeGIF", { filename: "a.jpg" }, { clean_img: "c", image: "p" }),
        ["make-gif", "makegif", {}, "image", "clean"],
      ],
      [formOf("GFPGAN", { sdSeed: "7" }), ["restore-face", "gfpgan", {}, "image"]],
    ];
    for (const [form, told] of made) {
      const response = await post(form);
      assert.deepEqual([response.status, await response.text()], [200, "\u0001\u0002\u0003"]);
      const { type, model, parameters, inputs } = submitted.at(-1)?.submission ?? {};
      const names = inputs?.map(({ name }) => name) ?? [];
      assert.deepEqual([type, model, parameters, ...names], told);
      assert.equal(response.headers.get("x-seed"), null);
      assert.equal(response.headers.get("x-troupe-node"), "worker-1");
    }
  });

  test("a GIF is an attachment of the name that was sent", async () => {
    answer = async () => completed(new Uint8Array([1]), "image/gif");
    const files = { image: "p", clean_img: "c" };
    const response = await post(formOf("MakeGIF", { filename: "photo.jpg" }, files));
    assert.equal(response.headers.get("content-type"), "image/gif");
    assert.equal(response.headers.get("content-disposition"), "attachment; filename=photo.jpg");
    const cut = await post(formOf("RemoveBG", { filename: "photo.jpg" }));
    assert.equal(cut.headers.get("content-disposition"), null);
  });

  test("whose task it is, its key, its trace and its model are said in headers", async () => {
    const traceparent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    const own = { "idempotency-key": "k", "x-troupe-user": "ada", traceparent };
    await post(formOf("RemoveBG"), { ...own, "x-troupe-model": "u2net" });
    const { submission, client } = submitted[0] ?? {};
    assert.deepEqual(
      [submission?.idempotencyKey, submission?.userId, submission?.model],
      ["k", "ada", "u2net"],
    );
    assert.equal(client?.trace && formatTraceparent(client.trace), traceparent);
    await post(formOf("RemoveBG"), { "x-troupe-model": "u2net@stable" });
    assert.equal(submitted[1]?.submission.model, "u2net@stable");
    const foreign = await post(formOf("RemoveBG"), { "x-troupe-model": "esrgan" });
    assert.equal(foreign.status, 400);
    assert.equal(
      await foreign.text(),
      "RemoveBG is not run by the model esrgan: that is for upscale, not for remove-background; offered are: isnet, u2net. GET /api/models tells which there are, and why",
    );
    const told = await post(formOf("RemoveBG"), { prefer: "respond-async" });
    const { taskId, result } = JSON.parse(await told.text());
    assert.deepEqual([told.status, taskId, result], [202, "task-9", "/api/tasks/task-9/result"]);
  });

  test("a plugin that there is not, or that no model is ready for, is the original's 500", async () => {
    const text = "Plugin not found";
    await answers(post(formOf("removebg")), 500, text, /no plugin removebg, only Interactive/);
    // Asked before the picture is.
    await answers(post(formOf("AnimeSeg", {}, {})), 500, text, /kind anime-segment is ready/);
    await answers(post(formOf("RestoreFormer")), 500, text, /name begins with restoreformer is/);
    assert.equal(submitted.length, 0);
  });

  test("missing files are a 400, missing or wrong fields a 500, and a header says what is wrong", async () => {
    const [bad, wrong] = [errorPage(400), errorPage(500)];
    const form = new FormData();
    form.set("image", new Blob(["p"]), "a.png");
    const both = { image: "p", clean_img: "c" };
    await answers(post(form), 400, bad, /plugin as "name"/);
    await answers(post("{}", { "content-type": "application/json" }), 400, bad, /send a form/);
    await answers(post(formOf("RemoveBG", { image: "text" }, {})), 400, bad, /needs a file image/);
    await answers(post(formOf("MakeGIF", { filename: "a" })), 400, bad, /needs a file clean_img/);
    await answers(post(formOf("MakeGIF", {}, both)), 500, wrong, /needs the field filename/);
    await answers(post(formOf("RemoveBG", {}, { image: "" })), 500, wrong, /file image is empty/);
    await answers(post(formOf("RealESRGAN")), 500, wrong, /needs the field upscale/);
    const two = formOf("RealESRGAN", { upscale: "two" });
    await answers(post(two), 500, wrong, /upscale is "two"; write a number/);
    await answers(post(formOf("InteractiveSeg")), 500, wrong, /needs the field clicks/);
    assert.equal(submitted.length, 0);
  });

  test("what ends a task is said as the original says it, and in headers as we do", async () => {
    const table: readonly [code: string, detail: string, status: number, body: string][] = [
      ["bad_image", "the image is none", 500, errorPage(500)],
      ["invalid", "upscale is 99", 500, errorPage(500)],
      ["model_failed", "it broke", 500, "Internal Server Error"],
      ["model_failed", "CUDA out of memory. Tried it", 500, "CUDA out of memory"],
      ["too_large", "too many pixels", 413, "too many pixels"],
      ["engine_lost", "it ended", 503, "it ended"],
    ];
    for (const [code, detail, status, body] of table) {
      answer = async () => failed(code, detail);
      const response = await post(formOf("RemoveBG"));
      assert.deepEqual([response.status, await response.text()], [status, body]);
      assert.equal(response.headers.get("x-troupe-code"), code);
      assert.equal(response.headers.get("x-troupe-task"), "task-2");
    }
    models = async () => {
      throw new Failure("unavailable", "the registry is away");
    };
    now += 10_000;
    assert.equal((await post(formOf("RemoveBG"))).status, 503);
  });
});
