// The commands of docs/security.md, run from top to bottom as a reader would.
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { loadRegistry, registryFile } from "#runtime/links/key-registry-file.ts";
import { troupe } from "../nodes/cli/terminal-double.ts";

const page = readFileSync(
  fileURLToPath(new URL("../../docs/security.md", import.meta.url)),
  "utf8",
);

const commands = [...page.matchAll(/^```sh\n([\s\S]*?)^```$/gm)]
  .flatMap(([, block = ""]) => block.split("\n"))
  .filter((line) => line !== "" && !line.startsWith("#"));

/** Words of a command line, with quotes taken off. */
const wordsOf = (line: string): readonly string[] =>
  [...line.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain ?? "");

test("the commands of the page on security do what it says, in its order", async () => {
  assert.ok(commands.length >= 8);
  const folder = mkdtempSync(join(tmpdir(), "troupe-security-"));
  try {
    let made = "";
    const keysOf = (node: string) => loadRegistry(registryFile(join(folder, "keys"))).keysOf(node);
    for (const line of commands) {
      const [program, ...words] = wordsOf(line).map((word, index, all) => {
        if (word === "PUBLIC KEY") return made;
        if (word === "OLD KEY") return keysOf("worker-1")[0] ?? "";
        return all[index - 1] === "--dir" ? join(folder, word) : word;
      });
      assert.equal(program, "troupe");
      const { exitCode, out, err } = await troupe(...words);
      assert.equal(exitCode, 0, `${line}\n${err}`);
      made = /^public +(\S+)$/m.exec(out)?.[1] ?? made;
    }
    assert.equal(keysOf("worker-2").length, 1);
    assert.deepEqual(keysOf("worker-1"), []);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
