// Makes the pictures of the README from a run of our own: `node --import tsx
// test/browser/make-pictures.ts`. The cluster repairs the sample; the browser shows the page.
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import sharp from "sharp";
import { ClusterProcess } from "../processes/cluster-process.ts";
import { openBrowser } from "./chromium.ts";
import { PageDriver } from "./page-driver.ts";

const at = (path: string): string => fileURLToPath(new URL(`../../${path}`, import.meta.url));
const half = { width: 636, height: 358 };
const gap = 8;

async function beforeAfter(url: string): Promise<void> {
  const image = await readFile(at("examples/sample/photograph.jpg"));
  const form = new FormData();
  form.set("image", new Blob([image]), "photograph.jpg");
  form.set("mask", new Blob([await readFile(at("examples/sample/mask.png"))]), "mask.png");
  const response = await fetch(`${url}/inpaint`, { method: "POST", body: form });
  if (!response.ok) throw new Error(`the repair failed: ${response.status}`);
  const repaired = Buffer.from(await response.arrayBuffer());
  const halves = await Promise.all(
    [image, repaired].map((file) => sharp(file).resize(half).toBuffer()),
  );
  await sharp({
    create: { width: 2 * half.width + gap, height: half.height, channels: 3, background: "white" },
  })
    .composite(halves.map((input, index) => ({ input, top: 0, left: index * (half.width + gap) })))
    .jpeg({ quality: 88 })
    .toFile(at("docs/images/before-after.jpg"));
}

async function pageWithPaint(url: string): Promise<void> {
  const browser = await openBrowser({ viewport: { width: 1_280, height: 860 } });
  try {
    const driver = await PageDriver.open(await browser.context.newPage(), url);
    await driver.choose(await readFile(at("examples/sample/photograph.jpg")), "photograph.jpg");
    await driver.setBrush(96);
    await driver.paint({ x: 545, y: 578 }, { x: 920, y: 556 });
    await driver.setBrush(60);
    await driver.paint({ x: 905, y: 372 }, { x: 1_130, y: 395 });
    await driver.page.mouse.move(640, 845);
    await driver.page.screenshot({
      path: at("docs/images/page.jpg"),
      quality: 86,
      animations: "disabled",
    });
  } finally {
    await browser.close();
  }
}

const ends: (() => Promise<void>)[] = [];
try {
  const cluster = await ClusterProcess.start({ after: (end) => ends.push(end) }, { workers: 2 });
  await beforeAfter(cluster.url);
  await pageWithPaint(cluster.url);
} finally {
  for (const end of ends) await end();
}
