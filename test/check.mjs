// `npm run check`: types, lint and format, layers. Prints a line each, and what is wrong.
import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import "#runtime/host/typescript-loader.mjs";

const { layersOf, printedLayers } = await import("./tidy/layers.ts");

const root = fileURLToPath(new URL("..", import.meta.url));

/** Runs a tool of the project: whether it was content, and what it said. */
function tool(script, args) {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [`node_modules/${script}`, ...args], { cwd: root });
    let said = "";
    child.stdout.on("data", (data) => {
      said += data;
    });
    child.stderr.on("data", (data) => {
      said += data;
    });
    child.on("error", reject);
    child.on("close", (status) => resolve({ isGood: status === 0, said }));
  });
}

async function layers() {
  const report = await layersOf(root);
  const said = printedLayers(report);
  return { isGood: said === "", said, note: `${report.modulesSeen} files` };
}

// Hints are not shown: only what makes the check fail.
const biomeOptions = ["--error-on-warnings", "--diagnostic-level=warn", "--max-diagnostics=200"];

const checks = {
  types: () => tool("typescript/bin/tsc", ["-p", ".", "--pretty", "false"]),
  style: () => tool("@biomejs/biome/bin/biome", ["check", ...biomeOptions, "."]),
  layers,
};

async function run([name, check]) {
  const start = performance.now();
  const { isGood, said, note } = await check().catch((error) => ({
    isGood: false,
    said: String(error),
  }));
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  return { name, isGood, said, note: [`${seconds} s`, ...(note ? [note] : [])].join(", ") };
}

const results = await Promise.all(Object.entries(checks).map(run));
for (const { said, isGood } of results) if (!isGood) console.log(`${said.trimEnd()}\n`);
for (const { name, isGood, note } of results) {
  console.log(`${isGood ? "ok    " : "FAILED"} ${name} (${note})`);
}
if (results.some((result) => !result.isGood)) process.exitCode = 1;
