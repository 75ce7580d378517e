// Writes the built-in model: `node --import tsx actors/inference/models/generate-diffuse.ts`.
import { mkdir, writeFile } from "node:fs/promises";
import { diffuseModel } from "./diffuse-graph.ts";

const file = new URL("diffuse/1/model.onnx", import.meta.url);
const bytes = diffuseModel();
await mkdir(new URL(".", file), { recursive: true });
await writeFile(file, bytes);
console.log(`${file.pathname}: ${bytes.length} bytes`);
