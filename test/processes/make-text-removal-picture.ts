// Makes the picture of docs/text-removal.md from a run of our own: `node --import tsx
// test/processes/make-text-removal-picture.ts`. A photograph with writing, what was taken for text, and
// what the cluster made of it.
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import sharp from "sharp";
import { samples, writtenPicture } from "../actors/inference/text/written-picture.ts";
import { troupe } from "../nodes/cli/terminal-double.ts";
import { ClusterProcess } from "./cluster-process.ts";

const target = fileURLToPath(new URL("../../docs/images/text-removal.jpg", import.meta.url));
const part = { width: 480, height: 270 };
const gap = 8;

const ends: (() => Promise<void>)[] = [];
const scope = { after: (end: () => Promise<void>) => void ends.push(end) };
const told = async (...words: readonly string[]): Promise<void> => {
  const { exitCode, err } = await troupe(...words);
  console.error(err.trim());
  if (exitCode !== 0) throw new Error(`troupe ${words.join(" ")} ended with ${exitCode}`);
};
try {
  const folder = await mkdtemp(join(tmpdir(), "troupe-picture-"));
  scope.after(() => rm(folder, { recursive: true, force: true }));
  const file = (name: string): string => join(folder, name);
  await told("models", "install", "text-detector", "--into", file("models"));
  const topology = ({ http, control }: { readonly http: number; readonly control: number }) => `
cluster: picture
store: { kind: sqlite, path: tasks.sqlite }
models:
  - { name: diffuse, path: builtin }
  - { name: text-detector, path: ${file("models/text-detector")} }
gateway: { host: 127.0.0.1, port: ${http}, model: diffuse }
nodes:
  - { name: control, bind: "tcp://127.0.0.1:${control}", director: true, roles: [control, gateway] }
  - { name: worker, bind: "tcp://127.0.0.1:*", roles: [worker] }
`;
  const { url } = await ClusterProcess.start(scope, { workers: 1, topology });
  const [name, width, lines] = samples[0] ?? ["bridge", 1_280, []];
  await writeFile(file("written.png"), (await writtenPicture(name, width, lines)).file);
  const places = ["--out", file("clean.png"), "--show-mask", file("mask.png")];
  await told("remove-text", file("written.png"), ...places, "--url", url);
  const parts = await Promise.all(
    ["written.png", "mask.png", "clean.png"].map(async (one) =>
      sharp(await readFile(file(one)))
        .resize(part)
        .toColourspace("srgb")
        .toBuffer(),
    ),
  );
  const size = { width: 3 * part.width + 2 * gap, height: part.height };
  await sharp({ create: { ...size, channels: 3, background: "white" } })
    .composite(parts.map((input, index) => ({ input, top: 0, left: index * (part.width + gap) })))
    .jpeg({ quality: 86 })
    .toFile(target);
} finally {
  for (const end of ends.reverse()) await end();
}
