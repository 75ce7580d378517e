// A model for a cluster of real processes that answers by a script, put into a repository's folder.
import { createHash } from "node:crypto";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";

export interface ScriptedTerms {
  readonly kind: string;
  readonly loadMs?: number;
}

/** Its manifest comes last. */
export async function publishScripted(
  root: string,
  name: string,
  { kind, loadMs = 0 }: ScriptedTerms,
): Promise<void> {
  const place = join(root, name, "1");
  const script = JSON.stringify({ loadMs, runMs: 10 });
  const sha256 = createHash("sha256").update(script).digest("hex");
  await mkdir(place, { recursive: true });
  await writeFile(join(root, name, "config.json"), JSON.stringify({ kind, backend: "scripted" }));
  await writeFile(join(place, "script.json"), script);
  const manifest = JSON.stringify({ files: { "script.json": sha256 } });
  await writeFile(join(place, "manifest.json"), manifest);
}
