// Troupe without the places where an observer may look: what the hook costs when nobody uses it. The
// runtime is copied to a temporary folder, the four places on a message's way are taken out of the
// copy, and the works of `troupe.ts` run there. A place that is not found as it stands here is an
// error: then this file is behind the core.
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { Failure } from "#protocols/failure.ts";
import type { Contender } from "../contender.ts";

interface Place {
  readonly file: string;
  readonly hook: string;
  readonly without: string;
}

const places: readonly Place[] = [
  {
    file: "runtime/core/cell.ts",
    hook: `    if (observer !== undefined) seen(observer, this, selector, focus);
`,
    without: "",
  },
  {
    file: "runtime/core/cell.ts",
    hook: `    if (observer !== undefined) observer.handled(this, selector.name, "done", focus.token);
`,
    without: "",
  },
  {
    file: "runtime/core/post.ts",
    hook: "this.#observer === undefined && (cause === undefined || cause.isPlain)",
    without: "cause === undefined || cause.isPlain",
  },
  {
    file: "runtime/core/post.ts",
    hook: `this.#observer?.sending(
      call?.caller ?? caller ?? this.#focus.cell,
      method,
      from?.token,
    )`,
    without: "undefined",
  },
];

const root = fileURLToPath(new URL("../../..", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "troupe-hookless-"));
process.on("exit", () => rmSync(folder, { recursive: true, force: true }));

for (const part of ["runtime", "protocols", "bench/core", "package.json", "tsconfig.json"]) {
  cpSync(join(root, part), join(folder, part), { recursive: true });
}
symlinkSync(join(root, "node_modules"), join(folder, "node_modules"));
for (const { file, hook, without } of places) {
  const path = join(folder, file);
  const text = readFileSync(path, "utf8");
  if (!text.includes(hook)) throw new Failure("invalid", `${file} has no longer the hook: ${hook}`);
  writeFileSync(path, text.replace(hook, without));
}

// By the copy's own loader: both are compiled alike.
await import(pathToFileURL(join(folder, "runtime/host/typescript-loader.mjs")).href);
const copy = pathToFileURL(join(folder, "bench/core/contenders/troupe.ts")).href;
const contender: Contender = await import(copy);

export const { works } = contender;
