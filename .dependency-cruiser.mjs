// Who may import whom. The layers, from above to below:
//
//   nodes ─► actors ─► runtime ─► protocols
//
// Rules are named by what they forbid; test/tidy/layers.test.ts breaks each one on purpose. Types
// count as imports: what a type needs, its file needs.
import { readdirSync, readFileSync } from "node:fs";
import { posix } from "node:path";

/** Folders of the product, and of those who use it. */
export const folders = ["protocols", "runtime", "actors", "nodes", "bench", "examples", "test"];

// Which folders of the runtime a folder of the runtime may import, itself aside.
const runtimeFolders = {
  core: [],
  host: ["core"],
  links: ["core"],
  patterns: ["core"],
  tasks: ["core"],
  observation: ["core", "host"],
  persistence: ["core"],
  stores: ["core", "host", "persistence", "cluster"],
  cluster: ["core", "patterns", "persistence"],
  threads: ["core", "host", "cluster"],
  testkit: ["core", "observation", "patterns", "persistence", "stores", "links", "cluster", "host"],
};

// Each third-party package and the one file or folder that it stands behind. `test` and `bench`
// may import anything.
const tools = "^(bench|examples)/";
export const homes = {
  zeromq: ["^runtime/links/zeromq-[a-z-]+\\.ts$"],
  "uWebSockets.js": ["^actors/gateway/server\\.ts$"],
  "better-sqlite3": ["^actors/store/sqlite/", "^runtime/stores/"],
  "onnxruntime-node": ["^actors/inference/(engine|models)/", tools],
  ioredis: [
    "^runtime/cluster/directory/redis-[a-z-]+\\.ts$",
    "^actors/store/redis/",
    "^actors/state/mirror-server\\.ts$",
  ],
  sharp: ["^actors/inference/(engine|models)/", "^nodes/cli/batch/fitted-mask\\.ts$", tools],
  "@techstark/opencv-js": ["^actors/inference/engine/opencv\\.ts$"],
  msgpackr: [
    "^protocols/codec[a-z-]*\\.ts$",
    "^actors/inference/engine-frames\\.ts$",
    "^actors/store/redis/",
  ],
  commander: ["^nodes/cli/"],
  pino: ["^runtime/host/"],
  yaml: ["^nodes/topology/"],
  typebox: ["^(protocols|actors|nodes)/"],
  nanoid: ["^actors/"],
  tsx: ["^runtime/host/foreign-typescript\\.mjs$"],
  esbuild: ["^runtime/host/(package-bundles|compiled-sources)\\.mjs$"],
};

const escaped = (text) => text.replace(/[.*+?^${}()|[\]\\/]/g, "\\$&");
const installed = (name) => `(^|/)node_modules/(@types/)?${escaped(name)}/`;

const layerRules = [
  {
    name: "protocols-import-nothing-of-ours",
    comment: "A client in another language needs only this folder.",
    from: { path: "^protocols/" },
    to: { path: "^(runtime|actors|nodes|bench|examples|test)/" },
  },
  {
    name: "runtime-imports-no-layer-above",
    from: { path: "^runtime/" },
    to: { path: "^(actors|nodes|bench|examples|test)/" },
  },
  {
    name: "actors-import-no-layer-above",
    from: { path: "^actors/" },
    to: { path: "^(nodes|bench|examples|test)/" },
  },
  {
    name: "nodes-import-no-tools",
    from: { path: "^nodes/" },
    to: { path: "^(bench|examples|test)/" },
  },
  {
    name: "actors-import-no-sibling",
    comment: "Components share messages in protocols/ and get references when they are spawned.",
    from: { path: "^actors/([^/]+)/" },
    to: { path: "^actors/", pathNot: "^actors/$1/" },
  },
  {
    name: "no-import-of-the-own-face",
    comment: "Inside a layer import the file that has it; index.ts is for those outside.",
    from: { path: "^(protocols|runtime|actors)/" },
    to: { path: "^$1/index\\.ts$" },
  },
  {
    name: "testkit-is-for-tests",
    from: { path: "^(protocols|runtime|actors|nodes)/", pathNot: "^runtime/testkit/" },
    to: { path: "^runtime/testkit/" },
  },
];

const runtimeRules = Object.entries(runtimeFolders).map(([folder, below]) => ({
  name: `runtime-${folder}-stays-in-its-place`,
  comment: `It may import ${["itself", ...below].join(", ")}.`,
  from: { path: `^runtime/${folder}/` },
  to: { path: "^runtime/", pathNot: `^runtime/(${[folder, ...below].join("|")})/` },
}));
runtimeRules.push({
  name: "runtime-folder-without-a-rule",
  comment: "Say above which folders of the runtime it may import.",
  from: {
    path: "^runtime/[^/]+/",
    pathNot: `^runtime/(${Object.keys(runtimeFolders).join("|")})/`,
  },
  to: { path: "^runtime/" },
});

const packageRules = [
  ...Object.entries(homes).map(([name, paths]) => ({
    name: `package-${name}-stays-at-home`,
    comment: "Each third-party package stands behind one file or one folder.",
    from: {
      path: "^(protocols|runtime|actors|nodes|bench|examples)/",
      pathNot: ["^bench/", ...paths],
    },
    to: { path: installed(name) },
  })),
  {
    name: "package-without-a-home",
    comment: "Name the one file or folder that may import it, above.",
    from: { path: "^(protocols|runtime|actors|nodes|examples)/" },
    to: {
      path: "(^|/)node_modules/",
      pathNot: [...Object.keys(homes).map(installed), "(^|/)node_modules/@types/node/"],
    },
  },
  {
    name: "package-not-declared",
    comment: "It is installed only because another package needs it.",
    from: {},
    to: { dependencyTypes: ["npm-no-pkg", "npm-unknown"] },
  },
  {
    name: "product-needs-no-development-package",
    from: { path: "^(protocols|runtime|actors|nodes)/" },
    to: { dependencyTypes: ["npm-dev"], dependencyTypesNot: ["type-only"] },
  },
];

const shapeRules = [
  {
    name: "pure-folder-imports-no-node-module",
    comment:
      "What it needs of the machine comes through runtime/core/ports.ts. A checksum is arithmetic.",
    from: {
      path: "^(protocols|runtime/(core|patterns|persistence|cluster))/",
      pathNot: "^protocols/frame-seal[.]ts$",
    },
    to: { dependencyTypes: ["core"] },
  },
  {
    name: "no-cycle",
    comment: "Files that need one another are one concept, or a third is missing.",
    from: {},
    to: { circular: true },
  },
  {
    name: "no-unresolvable-import",
    from: {},
    to: { couldNotResolve: true },
  },
  {
    name: "no-orphan",
    comment: "Nothing imports it and it imports nothing.",
    from: { orphan: true, path: "\\.ts$", pathNot: ["^(bench|examples|test)/"] },
    to: {},
  },
];

/** Files that are started by their address instead of imported: processes, worker threads, loaders' hooks. */
function startedFiles() {
  const started = /(?:new URL|import\.meta\.resolve|register)\(\s*"(\.{1,2}\/[^"]+\.(?:ts|mjs))"/g;
  return folders.flatMap((folder) =>
    codeFiles(folder).flatMap((file) =>
      [...readFileSync(file, "utf8").matchAll(started)].map(
        ([, target]) => `^${escaped(posix.join(posix.dirname(file), target))}$`,
      ),
    ),
  );
}

function codeFiles(folder) {
  try {
    return readdirSync(folder, { recursive: true })
      .map((name) => posix.join(folder, name.split("\\").join("/")))
      .filter((name) => /\.(ts|mjs)$/.test(name));
  } catch {
    // A folder that is not there has no files.
    return [];
  }
}

const entries = [
  "^nodes/[^/]+\\.(mjs|ts)$",
  "^(protocols|runtime|runtime/testkit|actors)/index\\.ts$",
  "^(bench|examples)/",
  ...startedFiles(),
];

const reachRules = [
  {
    name: "no-dead-file",
    comment: "No process, public face, benchmark or example leads to it; a test alone does not.",
    from: { path: entries },
    to: {
      path: "^(protocols|runtime|actors|nodes)/",
      pathNot: [...entries, "^actors/inference/models/", "^runtime/testkit/", "^nodes/page/"],
      reachable: false,
    },
  },
];

const rules = [...layerRules, ...runtimeRules, ...packageRules, ...shapeRules, ...reachRules];

export default {
  forbidden: rules.map((rule) => ({ severity: "error", ...rule })),
  options: {
    doNotFollow: { path: "node_modules" },
    // The browser page is built apart, for another platform.
    exclude: { path: "^nodes/page/" },
    tsPreCompilationDeps: true,
    preserveSymlinks: true,
    enhancedResolveOptions: {
      exportsFields: ["exports"],
      conditionNames: ["import", "require", "node", "default", "types"],
    },
  },
};
