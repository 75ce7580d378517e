// The model cv2 through a whole cluster: the fields of a request reach OpenCV in the engine process,
// and what comes back is bit for bit what the original server answered, where that is at hand.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { test } from "node:test";
import sharp from "sharp";
import Type from "typebox";
import { Compile } from "typebox/compile";
import { ClusterProcess } from "./cluster-process.ts";
import { formOf, type Picture, pictureOf } from "./pictures.ts";

const folder = new URL("../../../shared/golden/", import.meta.url);
const file = new URL("cv2/index.json", folder);
const recordings = Compile(
  Type.Array(
    Type.Object({
      image: Type.String(),
      mask: Type.String(),
      cv2Flag: Type.String(),
      cv2Radius: Type.Integer(),
      hdStrategy: Type.String(),
      pixels_sha256: Type.String(),
    }),
  ),
);
const recorded = existsSync(file) ? recordings.Parse(JSON.parse(readFileSync(file, "utf8"))) : [];

const topology = ({ http, control }: { readonly http: number; readonly control: number }) => `
cluster: test
store: { kind: sqlite, path: tasks.sqlite }
models: [ { name: cv2, path: builtin } ]
gateway: { host: 127.0.0.1, port: ${http}, model: cv2 }
nodes:
  - { name: control, bind: "tcp://127.0.0.1:${control}", director: true, roles: [control, gateway] }
  - { name: worker, bind: "tcp://127.0.0.1:*", roles: [worker], settings: { slots: 2, threads: 1 } }
`;

test("a cluster serves cv2 as the original server does", { timeout: 90_000 }, async (context) => {
  const cluster = await ClusterProcess.start(context, { workers: 1, topology });
  const repaired = async (picture: Picture, fields: object): Promise<Response> => {
    const form = formOf(picture);
    for (const [name, value] of Object.entries(fields)) form.set(name, String(value));
    return fetch(`${cluster.url}/inpaint`, { method: "POST", body: form });
  };
  const pixelsOf = async (response: Response): Promise<Buffer> => {
    assert.equal(response.status, 200, await response.clone().text());
    return sharp(await response.arrayBuffer())
      .raw()
      .toBuffer();
  };

  await context.test("method and radius of a request are heeded", async () => {
    const picture = await pictureOf(320);
    const answers = await Promise.all(
      [{}, { cv2Radius: 9 }, { cv2Flag: "INPAINT_TELEA" }].map(async (fields) =>
        pixelsOf(await repaired(picture, fields)),
      ),
    );
    assert.equal(new Set(answers.map((data) => data.toString("base64"))).size, 3);
  });

  await context.test(
    "a method that does not exist is refused, and the next is served",
    async () => {
      const picture = await pictureOf(64);
      const refused = await repaired(picture, { cv2Flag: "INPAINT_FAST" });
      assert.equal(refused.status, 500, "as the original says it");
      const said = `${refused.headers.get("x-troupe-detail")} ${await refused.text()}`;
      assert.match(said, /cv2Flag is "INPAINT_FAST"; send INPAINT_NS or INPAINT_TELEA/);
      await pixelsOf(await repaired(picture, {}));
    },
  );

  const skip = recorded.length > 0 ? false : "no recorded answers beside the repository";
  await context.test("answers are as recorded", { skip }, async () => {
    for (const { image, mask, pixels_sha256, ...fields } of recorded) {
      const picture = {
        image: readFileSync(new URL(`images/${image}`, folder)),
        mask: readFileSync(new URL(`images/${mask}`, folder)),
      };
      const limits = { hdStrategyResizeLimit: 200, hdStrategyCropTrigerSize: 100 };
      const margin = { hdStrategyCropMargin: 32 };
      const data = await pixelsOf(await repaired(picture, { ...fields, ...limits, ...margin }));
      const digest = createHash("sha256").update(data).digest("hex");
      assert.equal(digest, pixels_sha256, `${fields.cv2Flag} ${fields.hdStrategy}`);
    }
  });
});
