// Each rule of .dependency-cruiser.mjs is broken on purpose in a copy of the tree, all at once.
import assert from "node:assert/strict";
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath, pathToFileURL } from "node:url";
import { type LayersReport, layersOf } from "./layers.ts";
import { productFolders } from "./source-files.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const config: {
  readonly homes: Readonly<Record<string, unknown>>;
  readonly default: { readonly forbidden: readonly { readonly name: string }[] };
} = await import(pathToFileURL(join(root, ".dependency-cruiser.mjs")).href);

interface Plant {
  readonly rule: string;
  readonly path: string;
  readonly text: string;
}

const value = "export const planted = 1;\n";
const importing = (target: string): string => `import "${target}";\n${value}`;
const importingType = (target: string): string =>
  `import type { planted } from "${target}";\nexport type Other = typeof planted;\n`;

const plants: readonly Plant[] = [
  {
    rule: "protocols-import-nothing-of-ours",
    path: "protocols/plant-up.ts",
    text: importingType("#runtime/core/plant-leaf.ts"),
  },
  {
    rule: "runtime-imports-no-layer-above",
    path: "runtime/core/plant-up.ts",
    text: importing("#actors/plant/leaf.ts"),
  },
  {
    rule: "actors-import-no-layer-above",
    path: "actors/plant/up.ts",
    text: importing("#nodes/plant-leaf.ts"),
  },
  {
    rule: "nodes-import-no-tools",
    path: "nodes/plant-tools.ts",
    text: importing("../bench/plant-leaf.ts"),
  },
  {
    rule: "actors-import-no-sibling",
    path: "actors/plant/sibling.ts",
    text: importing("#actors/plant-other/leaf.ts"),
  },
  {
    rule: "no-import-of-the-own-face",
    path: "actors/plant/face.ts",
    text: importing("#actors/index.ts"),
  },
  {
    rule: "testkit-is-for-tests",
    path: "actors/plant/testkit.ts",
    text: importing("#runtime/testkit/plant-leaf.ts"),
  },
  {
    rule: "runtime-folder-without-a-rule",
    path: "runtime/plant/plant-unruled.ts",
    text: importing("#runtime/core/plant-leaf.ts"),
  },
  {
    rule: "package-without-a-home",
    path: "actors/plant/homeless.ts",
    text: importing("fast-check"),
  },
  {
    rule: "package-not-declared",
    path: "bench/plant-undeclared.ts",
    text: importing("semver"),
  },
  {
    rule: "product-needs-no-development-package",
    path: "actors/plant/development.ts",
    text: importing("fast-check"),
  },
  {
    rule: "pure-folder-imports-no-node-module",
    path: "runtime/core/plant-node.ts",
    text: importing("node:fs"),
  },
  { rule: "no-cycle", path: "runtime/core/plant-a.ts", text: importingType("./plant-b.ts") },
  {
    rule: "no-unresolvable-import",
    path: "runtime/core/plant-unresolvable.ts",
    text: importing("./plant-missing.ts"),
  },
  { rule: "no-orphan", path: "runtime/core/plant-orphan.ts", text: value },
  { rule: "no-dead-file", path: "runtime/core/plant-dead.ts", text: value },
  ...[
    "core",
    "host",
    "links",
    "observation",
    "patterns",
    "tasks",
    "persistence",
    "stores",
    "cluster",
    "threads",
    "testkit",
  ].map((folder) => ({
    rule:
      config.default.forbidden.find(({ name }) => name.startsWith(`runtime-${folder}-`))?.name ??
      folder,
    path: `runtime/${folder}/plant-sideways.ts`,
    text: importing(
      folder === "testkit" ? "#runtime/plant-root.ts" : "#runtime/testkit/plant-leaf.ts",
    ),
  })),
  ...Object.keys(config.homes).map((name, index) => ({
    rule: `package-${name}-stays-at-home`,
    path: `runtime/links/plant-package-${index}.ts`,
    text: importing(name),
  })),
];

/** What the plants import, and whoever uses them, so that nothing else is wrong with them. */
const soil: Readonly<Record<string, string>> = {
  "runtime/core/plant-leaf.ts": value,
  "runtime/core/plant-b.ts": `${importingType("./plant-a.ts")}${value}`,
  "runtime/testkit/plant-leaf.ts": value,
  "runtime/plant-root.ts": value,
  "actors/index.ts": value,
  "actors/plant/leaf.ts": value,
  "actors/plant-other/leaf.ts": value,
  "nodes/plant-leaf.ts": value,
  "bench/plant-leaf.ts": value,
  "test/plant.test.ts": importing("#runtime/core/plant-dead.ts"),
};

let folder = "";
let report: LayersReport;

before(async () => {
  folder = mkdtempSync(join(tmpdir(), "layers-"));
  for (const part of productFolders) {
    cpSync(join(root, part), join(folder, part), {
      recursive: true,
      filter: (source) => !/\.(onnx|jpg|png)$/.test(source),
    });
  }
  for (const file of ["package.json", ".dependency-cruiser.mjs"]) {
    cpSync(join(root, file), join(folder, file));
  }
  symlinkSync(join(root, "node_modules"), join(folder, "node_modules"));
  for (const [path, text] of [
    ...Object.entries(soil),
    ...plants.map((p) => [p.path, p.text] as const),
  ]) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  report = await layersOf(folder);
});
after(() => rmSync(folder, { recursive: true }));

for (const { rule, path } of plants) {
  test(`${rule} is noticed in ${path}`, () => {
    const rules = report.violations.filter(({ from, to }) => from === path || to === path);
    assert.ok(
      rules.some((violation) => violation.rule === rule),
      `noticed only: ${rules.map((violation) => violation.rule).join(", ")}`,
    );
  });
}

test("no rule is without a plant that breaks it", () => {
  const planted = new Set(plants.map((plant) => plant.rule));
  const rules = config.default.forbidden.map((rule) => rule.name);
  assert.deepEqual(
    rules.filter((name) => !planted.has(name)),
    [],
  );
});

test("every package of the product has a home, and every home is of a declared package", () => {
  const manifest: {
    readonly dependencies: Readonly<Record<string, string>>;
    readonly devDependencies: Readonly<Record<string, string>>;
  } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  const { dependencies, devDependencies } = manifest;
  const homeless = Object.keys(dependencies).filter((name) => !Object.hasOwn(config.homes, name));
  const declared = { ...dependencies, ...devDependencies };
  const empty = Object.keys(config.homes).filter((name) => !Object.hasOwn(declared, name));
  assert.deepEqual({ homeless, empty }, { homeless: [], empty: [] });
});

test("every file of the tree is looked at", () => {
  assert.deepEqual(report.unseen, []);
  assert.ok(report.modulesSeen >= plants.length);
});

test("a tool that looks at nothing is noticed", async () => {
  const blind = join(folder, "blind");
  mkdirSync(join(blind, "runtime"), { recursive: true });
  writeFileSync(join(blind, "runtime/some.ts"), value);
  writeFileSync(join(blind, "package.json"), "{}");
  const nothing = "export default { options: { exclude: { path: '.' } } };\n";
  writeFileSync(join(blind, ".dependency-cruiser.mjs"), nothing);
  symlinkSync(join(root, "node_modules"), join(blind, "node_modules"));
  assert.deepEqual((await layersOf(blind)).unseen, ["runtime/some.ts"]);
});
