// Scripts of engines as they lie in the folders of their versions: `<model>/<n>/script.json`.
import { join } from "node:path";
import { readPlainText } from "../repository/plain-file.ts";
import { engineScriptIn } from "./engine-script.ts";
import type { EngineScripts } from "./scripted-engine.ts";

const scriptBytesMax = 64 * 1024;

export const scriptsOnDisk: EngineScripts = {
  async of({ folder, version }) {
    const path = join(folder, String(version ?? 1), "script.json");
    return engineScriptIn(await readPlainText(path, scriptBytesMax), path);
  },
};
