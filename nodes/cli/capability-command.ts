// `troupe capability`: what this machine offers to a node, as a file that a topology can name.
import { writeFile } from "node:fs/promises";
import path from "node:path";
import { Failure } from "#protocols/failure.ts";
import { detectCapability } from "../capability/detect-capability.ts";
import { builtInFolder, offeredEngines } from "../capability/engine-offer.ts";
import { capabilityFileText } from "../topology/capability-file.ts";
import { loadTopology } from "../topology/topology-loader.ts";
import type { AddCommand } from "./command.ts";

const examples = `
Asks the machine, nvidia-smi and rocm-smi, looks through the files of the models, and starts an engine with
ONNX Runtime, to see which of its execution providers can be used, and one with OpenCV. What the file says wins
over what a node detects; name it in a topology with capability: FILE.

Examples:
  troupe capability                                      print it
  troupe capability --topology local.yaml --out box.yaml with that cluster's models, into a file
  troupe capability --json                               all that is known, with checksums`;

interface CapabilityOptions {
  readonly out?: string;
  readonly topology?: string;
  readonly json?: true;
}

const builtinModels = ["diffuse", "cv2"].map((name) => ({
  name,
  folder: builtInFolder(name),
}));

export const addCapabilityCommand: AddCommand = ({ program, io }) => {
  program
    .command("capability")
    .description("print what this machine offers to a node, or write it to a file")
    .option("--out <file>", "write it to a file that is not there yet")
    .option("--topology <file>", "look through the models of this topology, not the built-in one")
    .option("--json", "as JSON, with all that was detected")
    .addHelpText("after", examples)
    .action(async (options: CapabilityOptions) => {
      const plan = options.topology === undefined ? null : await loadTopology(options.topology);
      const place = {
        dataFolder: plan?.dataFolder ?? process.cwd(),
        models: plan?.models ?? builtinModels,
        nowMs: Date.now(),
      };
      const [detected, engines] = await Promise.all([detectCapability(place), offeredEngines()]);
      const text = options.json
        ? `${JSON.stringify({ ...detected, engines }, null, 2)}\n`
        : capabilityFileText(detected, engines);
      if (options.out === undefined) {
        io.out(text);
        return;
      }
      await write(path.resolve(options.out), text);
      io.out(`wrote ${options.out}\n`);
    });
};

/** Never over a file that somebody may have edited. */
async function write(file: string, text: string): Promise<void> {
  await writeFile(file, text, { flag: "wx" }).catch((cause: NodeJS.ErrnoException) => {
    const why =
      cause.code === "EEXIST" ? "is there already; remove it, or name another" : cause.message;
    throw new Failure("invalid", `${file} ${why}`, cause);
  });
}
