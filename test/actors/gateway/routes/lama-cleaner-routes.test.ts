import assert from "node:assert/strict";
import { after, before, beforeEach, describe, test } from "node:test";
import { routeRequests } from "#actors/gateway/router.ts";
import { lamaCleanerRoutes } from "#actors/gateway/routes/lama-cleaner-routes.ts";
import type { HttpServer } from "#actors/gateway/server.ts";
import { HttpServer as Server } from "#actors/gateway/server.ts";
import { Failure } from "#protocols/failure.ts";
import { errorPage } from "#protocols/outside/lama-cleaner.ts";
import { formatTraceparent } from "#protocols/trace-context.ts";
import { completed, failed, StandInService } from "../stand-in-service.ts";

const png = new Uint8Array([0x89, 0x50, 0x4e, 0x47]);
const answerBytes = new Uint8Array([1, 2, 3]);

let service = new StandInService();
let server: HttpServer;

before(async () => {
  server = await Server.listen({
    host: "127.0.0.1",
    port: 0,
    handle: (request) => routeRequests(lamaCleanerRoutes(service, { random: () => 0.5 }))(request),
    failed: () => {},
  });
});
after(() => server.close(100));
beforeEach(() => {
  service = new StandInService();
  service.answer = () => completed(answerBytes, "image/png");
});

function repairForm(texts: Readonly<Record<string, string>> = {}): FormData {
  const form = new FormData();
  form.set("image", new Blob([png], { type: "image/png" }), "a.png");
  form.set("mask", new Blob([png], { type: "image/png" }), "blob");
  for (const [name, text] of Object.entries(texts)) form.set(name, text);
  return form;
}

const ask = (path: string, init: RequestInit = {}): Promise<Response> =>
  fetch(server.url + path, init);
const repair = (form: FormData, headers: Record<string, string> = {}): Promise<Response> =>
  ask("/inpaint", { method: "POST", body: form, headers });

async function answers(response: Promise<Response>, status: number, body: string): Promise<void> {
  const arrived = await response;
  assert.deepEqual([arrived.status, await arrived.text()], [status, body]);
}

describe("what an old page asks when it starts", () => {
  const table = [
    ["/model", "lama", "text/html; charset=utf-8"],
    ["/is_desktop", "False", "text/html; charset=utf-8"],
    ["/inputimage", "No Input Image", "text/html; charset=utf-8"],
    ["/model_downloaded/cv2", "True", "text/html; charset=utf-8"],
    ["/model_downloaded/lama", "True", "text/html; charset=utf-8"],
    ["/model_downloaded/mat", "False", "text/html; charset=utf-8"],
  ] as const;
  for (const [path, body, contentType] of table) {
    test(`GET ${path} answers as that server does`, async () => {
      const response = await ask(path);
      assert.equal(response.status, 200);
      assert.equal(response.headers.get("content-type"), contentType);
      assert.equal(response.headers.get("content-length"), String(body.length));
      assert.equal(response.headers.get("access-control-allow-origin"), "*");
      assert.equal(response.headers.get("access-control-expose-headers"), "Content-Disposition");
      assert.equal(await response.text(), body);
      const head = await ask(path, { method: "HEAD" });
      assert.equal(head.headers.get("content-length"), String(body.length));
    });
  }

  test("unknown models, paths and methods get the exact pages", async () => {
    await answers(ask("/model_downloaded/nope"), 500, errorPage(500));
    await answers(ask("/switch_model"), 404, errorPage(404));
    const refused = await ask("/inpaint");
    assert.equal(refused.headers.get("allow"), "OPTIONS, POST");
    assert.deepEqual([refused.status, await refused.text()], [405, errorPage(405)]);
    assert.deepEqual(
      ([400, 404, 405, 500] as const).map((status) => errorPage(status).length),
      [167, 207, 153, 265],
    );
  });

  test("a preflight names the origin, the methods and the headers that were asked for", async () => {
    const response = await ask("/inpaint", {
      method: "OPTIONS",
      headers: { Origin: "http://x", "Access-Control-Request-Headers": "idempotency-key" },
    });
    const { headers } = response;
    assert.equal(response.status, 200);
    assert.equal(headers.get("allow"), "OPTIONS, POST");
    assert.equal(headers.get("access-control-allow-origin"), "http://x");
    assert.equal(headers.get("vary"), "Origin");
    assert.equal(
      headers.get("access-control-allow-methods"),
      "DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT",
    );
    assert.equal(headers.get("access-control-allow-headers"), "idempotency-key");
    assert.equal(headers.get("content-length"), "0");
  });

  test("saving is off", async () => {
    await answers(ask("/save_image", { method: "POST" }), 500, "--output-dir is None");
  });
});

describe("POST /model", () => {
  const post = (body: NonNullable<RequestInit["body"]>, headers = {}): Promise<Response> =>
    ask("/model", { method: "POST", body, headers });

  test("switches to an offered model, by multipart or urlencoded form", async () => {
    const form = new FormData();
    form.set("name", "cv2");
    await answers(post(form), 200, "ok, switch to cv2");
    assert.equal(service.model, "cv2");
    await answers(post(new URLSearchParams({ name: "lama" })), 200, "ok, switch to lama");
    assert.equal(service.model, "diffuse");
    await answers(post(new URLSearchParams({ name: "lama" })), 200, "Same model");
  });

  test("switches to a model that bears the name under which the active one is announced", async () => {
    service.offered = ["diffuse", "lama"];
    await answers(post(new URLSearchParams({ name: "lama" })), 200, "ok, switch to lama");
    assert.equal(service.model, "lama");
    await answers(post(new URLSearchParams({ name: "lama" })), 200, "Same model");
  });

  test("refuses a model that nobody offers, a form without a name, and JSON", async () => {
    await answers(post(new URLSearchParams({ name: "zzz" })), 403, "zzz not implemented");
    await answers(post(new URLSearchParams({ name: "mat" })), 403, "mat not implemented");
    await answers(post(new FormData()), 403, "None not implemented");
    const json = { "Content-Type": "application/json" };
    await answers(post('{"name":"cv2"}', json), 403, "None not implemented");
    assert.equal(service.model, "diffuse");
  });
});

describe("POST /inpaint", () => {
  test("needs only the two files and answers the result with where and how it came about", async () => {
    const response = await repair(repairForm());
    const { headers } = response;
    assert.equal(response.status, 200);
    assert.deepEqual(new Uint8Array(await response.arrayBuffer()), answerBytes);
    assert.equal(headers.get("content-type"), "image/png");
    assert.equal(headers.get("cache-control"), "no-cache");
    assert.equal(headers.get("x-seed"), "42");
    assert.equal(headers.get("x-troupe-task"), "task-1");
    assert.equal(headers.get("x-troupe-node"), "worker-1");
    assert.equal(headers.get("x-troupe-attempt"), "2");
    assert.equal(headers.get("x-troupe-queue-ms"), "3");
    assert.equal(headers.get("x-troupe-run-ms"), "57");
    const exposed = headers.get("access-control-expose-headers")?.toLowerCase().split(", ");
    const own = [...headers.keys()].filter((name) => name.startsWith("x-"));
    assert.deepEqual(exposed, ["content-disposition", ...(exposed ?? []).slice(1)]);
    assert.deepEqual(
      own.filter((name) => !exposed?.includes(name)),
      [],
    );
    const [order] = service.orders;
    assert.deepEqual(
      order?.inputs.map(({ name, contentType }) => [name, contentType]),
      [
        ["image", "image/png"],
        ["mask", "image/png"],
      ],
    );
    assert.deepEqual(Buffer.from(order?.inputs[0]?.bytes ?? []), Buffer.from(png));
    const { hdStrategy, hdStrategyCropMargin, hdStrategyCropTrigerSize, hdStrategyResizeLimit } =
      order?.parameters ?? {};
    assert.deepEqual(
      [hdStrategy, hdStrategyCropMargin, hdStrategyCropTrigerSize, hdStrategyResizeLimit],
      ["Crop", 196, 800, 2048],
    );
  });

  test("fields of any release are read or ignored; what cannot be read is a 500", async () => {
    const old = { ldmSteps: " 5 ", sizeLimit: "Original", p2plmageGuidanceScale: "1.5" };
    const odd = { zitsWireframe: "OFF", sdScale: "1e-1", hdStrategy: "crop", cv2Radius: "-1" };
    assert.equal((await repair(repairForm({ ...old, ...odd }))).status, 200);
    const { parameters } = service.orders[0] ?? {};
    assert.equal(parameters?.ldmSteps, 5);
    assert.equal(parameters?.zitsWireframe, false);
    assert.equal(parameters?.sdScale, 0.1);
    assert.equal(parameters?.hdStrategy, "Original");
    assert.equal(parameters?.sizeLimit, undefined);
    for (const bad of [
      { ldmSteps: "abc" },
      { ldmSteps: "25.5" },
      { ldmSteps: "" },
      { ldmSteps: "99999999999999999999" },
      { sdScale: "inf" },
      { zitsWireframe: "maybe" },
    ]) {
      await answers(repair(repairForm(bad)), 500, errorPage(500));
    }
    assert.equal(service.orders.length, 1);
  });

  test("a seed is told as sent; -1 is drawn, and equal for repetitions with one key", async () => {
    const seedOf = async (seed: string, headers = {}): Promise<string | null> =>
      (await repair(repairForm({ sdSeed: seed }), headers)).headers.get("x-seed");
    assert.equal(await seedOf("7"), "7");
    assert.equal(await seedOf("-1"), "500000000");
    const keyed = await seedOf("-1", { "Idempotency-Key": "k" });
    assert.equal(await seedOf("-1", { "Idempotency-Key": "k" }), keyed);
    assert.equal(service.orders[3]?.idempotencyKey, "k");
    assert.equal(service.orders[3]?.parameters.sdSeed, -1);
  });

  test("a traceparent goes with the order, and one that cannot be read is as good as none", async () => {
    const traceparent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    for (const text of [traceparent, `${traceparent}-more`, "nonsense", ""]) {
      await (await repair(repairForm(), { traceparent: text })).arrayBuffer();
    }
    assert.deepEqual(
      service.orders.map(({ trace }) => trace && formatTraceparent(trace)),
      [traceparent, undefined, undefined, undefined],
    );
  });

  test("anything but a form with both files is a 400", async () => {
    const noMask = repairForm();
    noMask.delete("mask");
    const textImage = repairForm({ image: "abc" });
    await answers(repair(noMask), 400, errorPage(400));
    await answers(repair(textImage), 400, errorPage(400));
    const post = (body: NonNullable<RequestInit["body"]>, type?: string): Promise<Response> =>
      ask("/inpaint", {
        method: "POST",
        body,
        ...(type ? { headers: { "Content-Type": type } } : {}),
      });
    await answers(post(new URLSearchParams({ image: "a" })), 400, errorPage(400));
    await answers(post("{}", "application/json"), 400, errorPage(400));
    await answers(post("--b\r\nbroken", "multipart/form-data; boundary=b"), 400, errorPage(400));
    await answers(post("x", "multipart/form-data"), 400, errorPage(400));
    assert.equal(service.orders.length, 0);
  });

  test("an empty image is a 500 without troubling the cluster", async () => {
    const form = repairForm();
    form.set("image", new Blob([]), "a.png");
    await answers(repair(form), 500, errorPage(500));
    assert.equal(service.orders.length, 0);
  });

  test("a task's failure becomes the answer of its code", async () => {
    const mismatch = "Mask shape(32, 32) not queal to Image shape(48, 64)";
    const table = [
      ["size_mismatch", 400, mismatch, mismatch],
      ["bad_image", 500, "cannot be decoded", errorPage(500)],
      ["too_large", 413, "too many pixels", "too many pixels"],
      ["model_failed", 500, "CUDA out of memory", "CUDA out of memory"],
      ["engine_lost", 503, "it ended", "it ended"],
      ["POISON", 500, "lost three leases", "lost three leases"],
    ] as const;
    for (const [code, status, detail, body] of table) {
      service.answer = () => failed(code, detail);
      const response = await repair(repairForm());
      assert.deepEqual([response.status, await response.text()], [status, body]);
      assert.equal(response.headers.get("x-troupe-code"), code);
      assert.equal(response.headers.get("x-troupe-task"), "task-2");
    }
  });

  test("overload is a 429 and an absent cluster a 503, both with a time to come again", async () => {
    for (const [code, status] of [
      ["queue_full", 429],
      ["unavailable", 503],
    ] as const) {
      service.answer = () => {
        throw new Failure(code, "not now");
      };
      const response = await repair(repairForm());
      assert.deepEqual([response.status, await response.text()], [status, "not now"]);
      assert.match(response.headers.get("retry-after") ?? "", /^[1-9]\d*$/);
    }
  });

  test("a key used for another request is a 422, one too long a 400", async () => {
    service.answer = () => {
      throw new Failure("conflict", "the key belongs to task-9");
    };
    assert.equal((await repair(repairForm(), { "Idempotency-Key": "k" })).status, 422);
    assert.equal((await repair(repairForm(), { "Idempotency-Key": "k".repeat(201) })).status, 400);
  });

  test("a file beyond its limit is a 413 that says which", async () => {
    const form = repairForm();
    form.set("mask", new Blob([new Uint8Array(32 * 1024 * 1024 + 1)]), "blob");
    const response = await repair(form);
    assert.equal(response.status, 413);
    assert.match(await response.text(), /^The mask has 33554433 bytes/);
  });
});
