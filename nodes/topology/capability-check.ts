// The capability files that a topology names: whether they can be read, are right, and fit its models.
import path from "node:path";
import { Failure } from "#protocols/failure.ts";
import type { Problem } from "#protocols/outside/problem.ts";
import type { TopologyDocument } from "#protocols/outside/topology.ts";
import { readCapabilityFile } from "./capability-file.ts";

/** `file`: the topology's; the others are relative to it. */
export async function capabilityProblems(
  document: TopologyDocument,
  file: string,
): Promise<readonly Problem[]> {
  const found = await Promise.all(
    document.nodes.map(async ({ capability }, index): Promise<readonly Problem[]> => {
      if (capability === undefined) return [];
      const message = await mistakeIn(document, path.resolve(path.dirname(file), capability));
      if (message === undefined) return [];
      const remedy = "correct that file, or write it anew with: troupe capability --out FILE";
      return [{ path: ["nodes", index, "capability"], at: "value", message, remedy }];
    }),
  );
  return found.flat();
}

async function mistakeIn(document: TopologyDocument, file: string): Promise<string | undefined> {
  const names = document.models.map(({ name }) => name);
  try {
    const { models = [] } = await readCapabilityFile(file);
    // Which folders the repository will have is not known before it is looked at.
    if (document.repository?.path !== undefined) return undefined;
    // A machine may be able to do more than this cluster asks of it.
    if (models.length === 0 || models.some((model) => names.includes(model))) return undefined;
    const strange = models.length === 1 ? `the model ${models[0]}` : `only ${models.join(", ")}`;
    return `${file} names ${strange}; the cluster has ${names.join(", ")}`;
  } catch (cause) {
    return Failure.of(cause).detail;
  }
}
