// Owns an engine until it is killed: `owner.ts <folder of the model> <model> <image> <mask>`. Prints the
// engine's process id once it is ready and the request is sent.
import { readFile } from "node:fs/promises";
import { EngineProcess } from "#actors/inference/engine-process.ts";
import { request } from "./engine-fixture.ts";

const [folder = "", model = "", image = "", mask = ""] = process.argv.slice(2);
const engine = EngineProcess.start(
  { models: [{ name: model, folder }], threads: 1, startTimeoutMs: 30_000, runTimeoutMs: 60_000 },
  { exited: (why) => console.error(why.message) },
);
const { pid } = await engine.ready;
if (image !== "") {
  const asked = request(await readFile(image), await readFile(mask), { model });
  engine.run(asked).catch((cause) => console.error(cause));
}
console.log(pid);
