// Runs dependency-cruiser over a tree and makes sure that it looked at every file: with a compiler
// that it does not know it sees none at all, and finds nothing wrong.
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { allFolders, sourceFiles } from "./source-files.ts";

export interface Violation {
  readonly rule: string;
  readonly from: string;
  readonly to: string;
}

export interface LayersReport {
  readonly modulesSeen: number;
  /** Files of the tree that the tool passed over. */
  readonly unseen: readonly string[];
  readonly violations: readonly Violation[];
}

interface CruiseResult {
  readonly modules: readonly { readonly source: string }[];
  readonly summary: {
    readonly violations: readonly {
      readonly from: string;
      readonly to: string;
      readonly rule: { readonly name: string };
      readonly cycle?: readonly { readonly name: string }[];
    }[];
  };
}

/** `root` needs `.dependency-cruiser.mjs`, `package.json` and `node_modules`. */
export async function layersOf(root: string): Promise<LayersReport> {
  const result = await cruise(root);
  const seen = new Set(result.modules.map((module) => module.source));
  const unseen = sourceFiles(root, allFolders)
    .map((file) => file.path)
    .filter((path) => !seen.has(path));
  const violations = result.summary.violations.map(({ rule, from, to, cycle }) => ({
    rule: rule.name,
    from,
    to: cycle ? cycle.map((step) => step.name).join(" -> ") : to,
  }));
  return { modulesSeen: seen.size, unseen, violations };
}

export const printedLayers = ({ unseen, violations }: LayersReport): string =>
  [
    ...violations.map(({ rule, from, to }) => `${from}: ${rule}${to === from ? "" : ` (${to})`}`),
    ...unseen.map((path) => `${path}: dependency-cruiser did not look at it`),
  ].join("\n");

function cruise(root: string): Promise<CruiseResult> {
  const folders = allFolders.filter((folder) => existsSync(join(root, folder)));
  const tool = join(root, "node_modules/dependency-cruiser/bin/dependency-cruise.mjs");
  const config = ["--config", ".dependency-cruiser.mjs", "--output-type", "json"];
  return new Promise((resolve, reject) => {
    const args = [tool, ...config, ...folders];
    // With JSON output the exit status does not tell of violations.
    execFile(
      process.execPath,
      args,
      { cwd: root, maxBuffer: 256 * 1024 * 1024 },
      (error, stdout, stderr) => {
        if (error) {
          reject(new Error(`dependency-cruiser failed: ${error.message}\n${stderr}`));
          return;
        }
        const result: CruiseResult = JSON.parse(stdout);
        resolve(result);
      },
    );
  });
}
