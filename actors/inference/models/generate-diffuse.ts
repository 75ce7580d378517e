// Writes the built-in model: `node --import tsx actors/inference/models/generate-diffuse.ts`.
import { mkdir, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { manifestFor, manifestName } from "../repository/version-files.ts";
import { diffuseModel } from "./diffuse-graph.ts";

const file = new URL("diffuse/1/model.onnx", import.meta.url);
const place = fileURLToPath(new URL(".", file));
const bytes = diffuseModel();
await mkdir(place, { recursive: true });
await writeFile(file, bytes);
const files = await manifestFor(place);
await writeFile(new URL(manifestName, file), `${JSON.stringify({ files }, null, 2)}\n`);
console.log(`${file.pathname}: ${bytes.length} bytes`);
