// In which order the test files of a run start, and which of them together. The longest come first, so that at
// the end no long one runs alone; which these are is known of folders: worlds, whole clusters, contenders.
import { writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { sharing } from "./test-sharing.ts";

/** Test files that run in one process, one after the other. */
export type TestGroup = readonly [string, ...string[]];

/** Folders whose files take long, the longest first; none of these files shares its process. */
const longFolders = ["simulation", "bench", "processes", "chaos", "examples", "sockets"].map(
  (name) => `test/${name}/`,
);

/** Files that share a process, at most. With it a group ends within the time that one file may take. */
const groupFilesMax = 12;

/** The groups of a run in the order of their start. The same files always make the same groups. */
export function testPlan(root: string, files: readonly string[]): readonly TestGroup[] {
  const mayShare = sharing(root);
  const isLong = (file: string) => longFolders.some((folder) => file.startsWith(folder));
  const together = files.filter((file) => !isLong(file) && mayShare(file));
  const alone = files.filter((file) => !together.includes(file));
  const ofFolders = longFolders.flatMap((folder) =>
    alone.filter((file) => file.startsWith(folder)),
  );
  const others = alone.filter((file) => !isLong(file));
  return [...[...ofFolders, ...others].map((file): TestGroup => [file]), ...groupsOf(together)];
}

function groupsOf(files: readonly string[]): readonly TestGroup[] {
  const [first, ...rest] = files;
  if (first === undefined) return [];
  const group: TestGroup = [first, ...rest.slice(0, groupFilesMax - 1)];
  return [group, ...groupsOf(files.slice(group.length))];
}

/** The file for Node.js to run: the only one of the group, or one in the folder that imports all of them. */
export function entryOf(
  group: TestGroup,
  where: { readonly root: string; readonly folder: string; readonly index: number },
): string {
  const [only, ...more] = group;
  if (more.length === 0) return only;
  const entry = join(where.folder, `group-${where.index}.mjs`);
  const hint = `These ran in one process, in this order: npm test -- ${group.join(" ")}`;
  const urls = group.map((file) => pathToFileURL(resolve(where.root, file)).href);
  const lines = [
    `process.on("exit", (code) => code && console.error(${JSON.stringify(hint)}));`,
    ...urls.map((url) => `import ${JSON.stringify(url)};`),
  ];
  writeFileSync(entry, `${lines.join("\n")}\n`);
  return entry;
}
