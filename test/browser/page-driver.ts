// Uses the page as people do, wherever it is served: by a test's own server or by a whole cluster.
import { readFile } from "node:fs/promises";
import type { Page } from "playwright-core";
import sharp from "sharp";

export interface Point {
  readonly x: number;
  readonly y: number;
}

/** The picture is loaded and laid out. */
const whenShown = `(async () => {
  const image = document.getElementById("after");
  const isShown = () => image.naturalWidth > 0 && image.style.transform !== "";
  while (!isShown()) await new Promise(requestAnimationFrame);
})()`;

/** The picture's place has not changed for three frames: the page has finished laying it out. */
const whenAtRest = `(async () => {
  const image = document.getElementById("after");
  for (let last = "", same = 0; same < 3; ) {
    await new Promise(requestAnimationFrame);
    const now = JSON.stringify(image.getBoundingClientRect());
    same = now === last ? same + 1 : 0;
    last = now;
  }
})()`;

export class PageDriver {
  readonly page: Page;
  /** What the browser itself complained of: errors of scripts and refused requests. */
  readonly complaints: string[] = [];

  private constructor(page: Page) {
    this.page = page;
    page.on("pageerror", (error) => this.complaints.push(String(error)));
    page.on("console", (message) => {
      if (message.type() === "error") this.complaints.push(message.text());
    });
  }

  static async open(page: Page, url: string): Promise<PageDriver> {
    const driver = new PageDriver(page);
    await page.goto(url);
    return driver;
  }

  async choose(bytes: Uint8Array, name: string): Promise<void> {
    const mimeType = name.endsWith(".png") ? "image/png" : "image/jpeg";
    await this.page.setInputFiles("#file", { name, mimeType, buffer: Buffer.from(bytes) });
    await this.page.locator("#studio").waitFor();
    // Not `waitForFunction`: its second look is an `eval`, which the page forbids.
    await this.page.evaluate(whenShown);
    await this.atRest();
  }

  /** Waits until the picture stays where it is: the page draws in the frames after an event. */
  async atRest(): Promise<void> {
    await this.page.evaluate(whenAtRest);
  }

  /** Paints from one point of the photograph to another, in its own pixels. */
  async paint(from: Point, to: Point): Promise<void> {
    const [start, end] = [await this.#onScreen(from), await this.#onScreen(to)];
    await this.page.mouse.move(start.x, start.y);
    await this.page.mouse.down();
    await this.page.mouse.move(end.x, end.y, { steps: 8 });
    await this.page.mouse.up();
  }

  /** Presses Repair and waits until the picture is back; fails with the message that is shown else. */
  async repair(): Promise<void> {
    await this.page.locator("#repair").click();
    await this.repaired();
  }

  async repaired(): Promise<void> {
    await this.page.locator("#download:enabled").waitFor();
    await this.page.locator("#progress").waitFor({ state: "hidden" });
    const notice = this.page.locator("#notice-text");
    if (await notice.isVisible()) throw new Error(`the page says: ${await notice.textContent()}`);
  }

  async notice(): Promise<string> {
    const notice = this.page.locator("#notice-text");
    await notice.waitFor();
    return (await notice.textContent()) ?? "";
  }

  async setBrush(size: number): Promise<void> {
    await this.page.locator("#brush").fill(String(size));
  }

  /** The picture as Download saves it. */
  async download(): Promise<{ readonly name: string; readonly bytes: Buffer }> {
    const [download] = await Promise.all([
      this.page.waitForEvent("download"),
      this.page.locator("#download").click(),
    ]);
    return { name: download.suggestedFilename(), bytes: await readFile(await download.path()) };
  }

  async #onScreen(point: Point): Promise<Point> {
    const image = this.page.locator("#after");
    const box = await image.boundingBox();
    const width: number = await this.page.evaluate("document.getElementById('after').naturalWidth");
    if (!box) throw new Error("the photograph is not in sight");
    const scale = box.width / width;
    return { x: box.x + point.x * scale, y: box.y + point.y * scale };
  }
}

/** How many pixels of a rectangle differ between two pictures of one size. */
export async function countChanged(
  before: Uint8Array,
  after: Uint8Array,
  area: {
    readonly left: number;
    readonly top: number;
    readonly width: number;
    readonly height: number;
  },
): Promise<number> {
  const [a, b] = await Promise.all(
    [before, after].map((bytes) => sharp(bytes).removeAlpha().extract(area).raw().toBuffer()),
  );
  let changed = 0;
  for (let index = 0; index < area.width * area.height * 3; index += 3) {
    if ([0, 1, 2].some((band) => a?.[index + band] !== b?.[index + band])) changed += 1;
  }
  return changed;
}

/** A PNG with more in it than one colour, so that any repair shows. */
export function checkered(width: number, height: number): Promise<Buffer> {
  const data = Buffer.alloc(width * height * 3);
  for (let index = 0; index < width * height; index++) {
    const [x, y] = [index % width, Math.floor(index / width)];
    const isDark = (Math.floor(x / 20) + Math.floor(y / 20)) % 2 === 0;
    data[index * 3] = isDark ? 40 : 210;
    data[index * 3 + 1] = (x * 255) / width;
    data[index * 3 + 2] = (y * 255) / height;
  }
  return sharp(data, { raw: { width, height, channels: 3 } })
    .png()
    .toBuffer();
}
