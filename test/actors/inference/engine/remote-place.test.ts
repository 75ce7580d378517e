// What `remote.json` may say, and that what vouches for us is shown to nobody.
import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer, type RequestListener } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { RemoteNetwork } from "#actors/inference/engine/remote-network.ts";
import { remoteHeaders, remotePlaceBeside } from "#actors/inference/engine/remote-place.ts";
import { RemoteServer } from "#actors/inference/engine/remote-server.ts";
import { refusal } from "./engine-fixture.ts";
import { json, metadata } from "./protocol-server.ts";

let folder = "";
before(async () => {
  folder = await mkdtemp(join(tmpdir(), "remote-place-"));
});
after(() => rm(folder, { recursive: true }));

async function written(name: string, text: string): Promise<string> {
  const file = join(folder, name);
  await writeFile(file, text);
  return file;
}

async function placeOf(place: unknown): Promise<unknown> {
  await written("remote.json", typeof place === "string" ? place : JSON.stringify(place));
  return remotePlaceBeside(join(folder, "model.onnx"));
}

async function withListener(
  listener: RequestListener,
  work: (url: string) => Promise<void>,
): Promise<void> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  try {
    await work(`http://127.0.0.1:${typeof address === "object" ? address?.port : 0}`);
  } finally {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
}

const secret = "Bearer s3cret-t0ken";

describe("a place is refused as a mistake", () => {
  const model = "eraser";
  const url = "http://127.0.0.1:8000";
  const cases: readonly (readonly [string, unknown, RegExp])[] = [
    ["that is no JSON", "{", /remote\.json: it is no JSON; write it like \{ "url"/],
    ["with a key that is misspelt", { url, model, timeoutms: 1 }, /did you mean timeoutMs\?/],
    ["without a host", { url: "http://", model }, /\/url is no address of a server/],
    ["with a port that there is not", { url: "http://h:99999", model }, /\/url is no address/],
    ["of another scheme", { url: "file:///etc/passwd", model }, /\/url is no address/],
    [
      "with a password in it",
      { url: "http://us3r:p4ss@models.internal:8000", model },
      /has a name or password for models\.internal:8000 in it; .*headerFiles/,
    ],
    ["with a query", { url: `${url}?key=s3cret`, model }, /a part behind its path/],
    ["with a header of ours", { url, model, headerFiles: { host: "/x" } }, /names host/],
    ["with that header in capitals", { url, model, headerFiles: { Host: "/x" } }, /names Host/],
    ["with a header's length", { url, model, headerFiles: { "Content-Length": "/x" } }, /yours/],
    ["with no header's name", { url, model, headerFiles: { "bad name": "/x" } }, /"bad name"/],
    ["with a header twice", { url, model, headerFiles: { Ab: "/x", ab: "/y" } }, /ab twice/],
    ["that waits for too long", { url, model, timeoutMs: 100_001 }, /timeoutMs .*100/],
    ["with a long password", { url: `http://u:${"p4ss".repeat(300)}@h`, model }, /url is not what/],
    ["with a short path", { url, model, headerFiles: { authorization: "token" } }, /a whole path/],
  ];
  for (const [name, place, reason] of cases) {
    it(name, async () => {
      const { detail } = await refusal("invalid", placeOf(place));
      assert.match(detail, reason);
      assert.doesNotMatch(detail, /p4ss|us3r|s3cret/);
    });
  }

  it("and none is none", async () => {
    assert.equal(await remotePlaceBeside(join(folder, "nowhere", "model.onnx")), undefined);
  });

  it("with a port that is never spoken to", async () => {
    const place = { url: "http://127.0.0.1:6666", model };
    const { detail } = await refusal("model_failed", RemoteNetwork.connect(place));
    assert.match(detail, /bad port/);
  });
});

describe("a header from a file", () => {
  it("goes with every question", async () => {
    const authorization = await written("token", `${secret}\n`);
    const seen: (string | undefined)[] = [];
    const listener: RequestListener = ({ headers, url }, response) => {
      seen.push(headers.authorization);
      if (headers.authorization !== secret) json(response, 401, { error: "who are you?" });
      else if (url?.endsWith("/infer"))
        json(response, 400, { error: `no: ${secret}, s3cret-t0ken` });
      else json(response, 200, metadata);
    };
    await withListener(listener, async (url) => {
      const network = await RemoteNetwork.connect({
        ...{ url, model: "eraser", headerFiles: { authorization } },
      });
      const image = { type: "float32", shape: [1, 1], data: Float32Array.of(1) } as const;
      const { detail } = await refusal("model_failed", network.run({ image }));
      assert.match(detail, /infer answered 400: no: …, …$/, "what it repeats is not shown");
      assert.deepEqual(seen, [secret, secret, secret]);
      const shut = await refusal("model_failed", RemoteNetwork.connect({ url, model: "eraser" }));
      assert.match(shut.detail, /ready answered 401: who are you\?; look whether headerFiles/);
    });
  });

  it("that cannot be one is refused by its file, without showing it", async () => {
    for (const text of ["", "s3cret\nsecond", "s3cret\u00e9"]) {
      const authorization = await written("bad", text);
      const { detail } = await refusal(
        "invalid",
        remoteHeaders({ headerFiles: { authorization } }),
      );
      assert.match(detail, /bad is no value of a header/);
      assert.doesNotMatch(detail, /s3cret/);
    }
    const gone = remoteHeaders({ headerFiles: { authorization: join(folder, "gone") } });
    assert.match((await refusal("invalid", gone)).detail, /header authorization cannot be read/);
    const folders = remoteHeaders({ headerFiles: { authorization: folder } });
    assert.match((await refusal("invalid", folders)).detail, /pipe, device or folder/);
  });
});

describe("an answer that has no end", () => {
  /** Writes until nobody reads. */
  const endless =
    (status: number): RequestListener =>
    (_, response) => {
      response.writeHead(status, { "content-type": "application/json" });
      const more = (): void => {
        while (!response.destroyed && response.write(" ".repeat(65_536)));
      };
      response.on("drain", more);
      more();
    };

  it("is read up to its bound, and an error only to its first words", () =>
    withListener(endless(200), async (url) => {
      const server = new RemoteServer(url);
      const asked = server.ask({ path: "v2", timeoutMs: 10_000, bytesMax: 1_000_000 });
      assert.match((await refusal("model_failed", asked)).detail, /more than 1000000 bytes/);
      const connecting = RemoteNetwork.connect({ url, model: "eraser" });
      assert.match((await refusal("model_failed", connecting)).detail, /more than 4194304 bytes/);
    }));

  it("that tells of an error ends the question by its status", () =>
    withListener(endless(500), async (url) => {
      const asked = new RemoteServer(url).ask({ path: "v2", timeoutMs: 10_000, bytesMax: 1 });
      assert.match((await refusal("model_failed", asked)).detail, /v2 answered 500$/);
    }));

  it("that leads elsewhere is not followed", () =>
    withListener(
      (_, response) => void response.writeHead(302, { location: "http://127.0.0.1:1/" }).end(),
      async (url) => {
        const connecting = RemoteNetwork.connect({ url, model: "eraser" });
        assert.match((await refusal("model_failed", connecting)).detail, /redirect/);
      },
    ));
});
