// The file of `--report`: what it may take the place of, and what becomes of lines that cannot be written.
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { ReportFile } from "#nodes/cli/batch/report-file.ts";

function folder(context: TestContext): (name: string) => string {
  const made = mkdtempSync(join(tmpdir(), "troupe-report-"));
  context.after(() => rmSync(made, { recursive: true }));
  return (name) => join(made, name);
}

test("a report takes the place of a former one and of an empty file, and of nothing else", (context) => {
  const file = folder(context);
  writeFileSync(file("empty"), "");
  for (const name of ["new.jsonl", "empty", "empty"]) {
    const report = ReportFile.open(file(name));
    report.write('{"status":"repaired"}\n');
    report.close();
    assert.equal(readFileSync(file(name), "utf8"), '{"status":"repaired"}\n');
  }
  writeFileSync(file("letter"), "Dear all,");
  assert.throws(() => ReportFile.open(file("letter")), /invalid: .*letter is there already and is/);
  assert.equal(readFileSync(file("letter"), "utf8"), "Dear all,");
  assert.throws(() => ReportFile.open(file("a.PNG")), /invalid: .*has the name of a picture/);
  assert.throws(
    () => ReportFile.open(file("no/where")),
    /invalid: cannot write the report .*ENOENT/,
  );
});

test("a full disk is told once", () => {
  const report = ReportFile.open("/dev/full");
  const text = /unavailable: cannot write the report \/dev\/full: ENOSPC/;
  assert.throws(() => report.write("line\n"), text);
  report.write("line\n");
  report.close();
});
