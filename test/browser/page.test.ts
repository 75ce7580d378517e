import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, beforeEach, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import sharp from "sharp";
import { loadPageFiles } from "#actors/gateway/page-files.ts";
import { routeRequests } from "#actors/gateway/router.ts";
import { healthRoutes } from "#actors/gateway/routes/health-routes.ts";
import { lamaCleanerRoutes } from "#actors/gateway/routes/lama-cleaner-routes.ts";
import { pageRoutes } from "#actors/gateway/routes/page-routes.ts";
import { HttpServer } from "#actors/gateway/server.ts";
import { Failure } from "#protocols/failure.ts";
import { type OpenBrowser, openBrowser } from "./chromium.ts";
import { InvertingService } from "./inverting-service.ts";
import { checkered, PageDriver } from "./page-driver.ts";
import { tellRepairStory } from "./page-story.ts";

type TouchType = "touchStart" | "touchMove" | "touchEnd";

const folder = fileURLToPath(new URL("../../nodes/page", import.meta.url));

let service: InvertingService;
let server: HttpServer;
let browser: OpenBrowser;
let temporary: string;

before(async () => {
  temporary = await mkdtemp(join(tmpdir(), "troupe-page-"));
  const sample = join(temporary, "photograph.jpg");
  await writeFile(
    sample,
    await sharp(await checkered(300, 200))
      .jpeg()
      .toBuffer(),
  );
  const files = await loadPageFiles({ folder, sample });
  const failed = (cause: unknown): void => console.error(cause);
  const handle: ReturnType<typeof routeRequests> = (request) =>
    routeRequests([
      ...lamaCleanerRoutes(service, { random: () => 0.5 }),
      ...healthRoutes(service, files),
      ...pageRoutes(files),
    ])(request);
  server = await HttpServer.listen({ host: "127.0.0.1", port: 0, handle, failed });
  browser = await openBrowser({ hasTouch: true, acceptDownloads: true });
  browser.context.setDefaultTimeout(10_000);
});
beforeEach(() => {
  service = new InvertingService();
});
after(async () => {
  await browser?.close();
  await server?.close(100);
  await rm(temporary, { recursive: true, force: true });
});

async function openPage(): Promise<PageDriver> {
  return PageDriver.open(await browser.context.newPage(), server.url);
}

/** The mask's size, the values in it, and how many pixels are white. */
async function maskFacts(mask: Uint8Array | undefined) {
  const { data, info } = await sharp(mask).raw().toBuffer({ resolveWithObject: true });
  const values = new Set<number>();
  let white = 0;
  for (let index = 0; index < data.length; index += info.channels) {
    const value = data[index] ?? 0;
    values.add(value);
    if (value === 255) white += 1;
  }
  return { width: info.width, height: info.height, values: [...values].sort(), white };
}

describe("the page", { timeout: 120_000 }, () => {
  test("repairs what is painted over, compares, undoes and downloads", async () => {
    await tellRepairStory(browser.context, server.url);
  });

  test("sends a mask of the photograph's own size, black and white only, where the brush was", async () => {
    const driver = await openPage();
    await driver.choose(await checkered(2400, 1600), "large.png");
    await driver.setBrush(40);
    await driver.paint({ x: 600, y: 800 }, { x: 1200, y: 800 });
    await driver.repair();
    const facts = await maskFacts(service.masks[0]);
    assert.deepEqual([facts.width, facts.height, facts.values], [2400, 1600, [0, 255]]);
    const box = await driver.page.locator("#after").boundingBox();
    const size = 40 * (2400 / (box?.width ?? 1));
    const expected = 600 * size + Math.PI * (size / 2) ** 2;
    assert.ok(Math.abs(facts.white - expected) < expected * 0.05, `${facts.white} ~ ${expected}`);
    await driver.page.close();
  });

  test("a touch paints, and two fingers move the view without painting", async () => {
    const driver = await openPage();
    await driver.choose(await checkered(480, 320), "touch.png");
    const session = await browser.context.newCDPSession(driver.page);
    // The fingers' own time, in seconds: however slow the machine is, the hand is quick.
    let timestamp = Date.now() / 1_000 - 1;
    const touch = (
      type: TouchType,
      touchPoints: readonly { x: number; y: number; id: number }[],
    ) => {
      timestamp += 0.02;
      return session.send("Input.dispatchTouchEvent", {
        type,
        touchPoints: [...touchPoints],
        timestamp,
      });
    };
    const box = await driver.page.locator("#after").boundingBox();
    const at = (x: number, y: number, id = 0) => ({
      x: (box?.x ?? 0) + x,
      y: (box?.y ?? 0) + y,
      id,
    });
    await touch("touchStart", [at(100, 100)]);
    await touch("touchStart", [at(100, 100), at(300, 200, 1)]);
    await touch("touchMove", [at(60, 60), at(340, 240, 1)]);
    await touch("touchEnd", []);
    assert.equal(await driver.page.locator("#clear").isEnabled(), false);
    await driver.atRest();
    const zoomed = await driver.page.locator("#after").boundingBox();
    assert.ok((zoomed?.width ?? 0) > (box?.width ?? 0) * 1.2);
    await driver.page.locator("#zoom-fit").click();
    await touch("touchStart", [at(100, 100)]);
    await touch("touchMove", [at(200, 100)]);
    await touch("touchEnd", []);
    assert.equal(await driver.page.locator("#clear").isEnabled(), true);
    await driver.page.close();
  });

  test("undo and clear take strokes away, the bracket keys size the brush", async () => {
    const driver = await openPage();
    const { page } = driver;
    await driver.choose(await checkered(480, 320), "keys.png");
    await driver.paint({ x: 50, y: 50 }, { x: 90, y: 90 });
    await driver.paint({ x: 150, y: 50 }, { x: 190, y: 90 });
    await page.keyboard.press("Control+z");
    assert.equal(await page.locator("#clear").isEnabled(), true);
    await page.keyboard.press("Control+z");
    assert.equal(await page.locator("#clear").isEnabled(), false);
    const size = async (): Promise<number> =>
      Number(await page.locator("#brush-size").textContent());
    const before = await size();
    await page.keyboard.press("]");
    assert.ok((await size()) > before);
    await page.keyboard.press("[");
    await page.keyboard.press("[");
    assert.ok((await size()) < before);
    await page.close();
  });

  test("with the switch on, each stroke is repaired as soon as it ends", async () => {
    const driver = await openPage();
    await driver.choose(await checkered(480, 320), "auto.png");
    await driver.page.locator("#automatic").check();
    await driver.paint({ x: 50, y: 50 }, { x: 90, y: 90 });
    await driver.repaired();
    assert.equal(service.masks.length, 1);
    await driver.page.close();
  });

  test("strokes painted while a repair runs are kept for the next one", async () => {
    const driver = await openPage();
    await driver.choose(await checkered(480, 320), "both.png");
    let release: () => void = () => {};
    service.hold = new Promise<void>((resolve) => {
      release = resolve;
    });
    await driver.paint({ x: 50, y: 50 }, { x: 90, y: 90 });
    await driver.page.locator("#repair").click();
    await driver.page.locator("#progress").waitFor();
    await driver.paint({ x: 250, y: 50 }, { x: 290, y: 90 });
    release();
    await driver.repaired();
    assert.equal(await driver.page.locator("#repair").isEnabled(), true);
    await driver.repair();
    const [first, second] = [await maskFacts(service.masks[0]), await maskFacts(service.masks[1])];
    assert.ok(Math.abs(first.white - second.white) < first.white * 0.05);
    await driver.page.close();
  });

  test("a failure is a sentence, keeps the strokes, and can be tried again", async () => {
    const driver = await openPage();
    await driver.choose(await checkered(480, 320), "fails.png");
    await driver.paint({ x: 50, y: 50 }, { x: 90, y: 90 });
    service.failure = new Failure("queue_full", "10000 tasks wait");
    await driver.page.locator("#repair").click();
    assert.match(await driver.notice(), /too much to do just now/);
    assert.equal(await driver.page.locator("#repair").isEnabled(), true);
    service.failure = undefined;
    await driver.page.locator("#notice-retry").click();
    await driver.repaired();
    assert.equal(service.masks.length, 1);
    await driver.page.close();
  });

  test("cancelling takes the request back and leaves the strokes", async () => {
    const driver = await openPage();
    await driver.choose(await checkered(480, 320), "cancel.png");
    service.hold = new Promise(() => {});
    await driver.paint({ x: 50, y: 50 }, { x: 90, y: 90 });
    await driver.page.locator("#repair").click();
    // Before that the page would have nothing to take back.
    await service.asked;
    await driver.page.locator("#cancel").click();
    await driver.page.locator("#repair:enabled").waitFor();
    await service.abandoned;
    await driver.page.close();
  });

  test("a file that is no picture is refused in words, and the page goes on", async () => {
    const driver = await openPage();
    await driver.page.setInputFiles("#file", {
      name: "notes.txt",
      mimeType: "text/plain",
      buffer: Buffer.from("no picture"),
    });
    assert.match(await driver.notice(), /^notes\.txt is no picture/);
    await driver.choose(await checkered(100, 100), "fine.png");
    assert.equal(await driver.page.locator("#notice").isVisible(), false);
    await driver.page.close();
  });

  test("the sample opens by its button, and the strip names every node", async () => {
    const driver = await openPage();
    await driver.page.locator("#sample").click();
    await driver.page.locator("#studio").waitFor();
    assert.equal(await driver.page.locator("#photograph-name").textContent(), "sample.jpg");
    const nodes = await driver.page.locator("#cluster-nodes li").allTextContents();
    assert.deepEqual(nodes, ["director", "worker-1", "worker-2"]);
    assert.deepEqual(driver.complaints, []);
    await driver.page.close();
  });

  test("dropped and pasted pictures open", async () => {
    const driver = await openPage();
    const { page } = driver;
    const base64 = (await checkered(60, 40)).toString("base64");
    const send = (type: string, field: string, event: string): Promise<unknown> =>
      page.evaluate(`(() => {
        const bytes = Uint8Array.from(atob("${base64}"), (c) => c.charCodeAt(0));
        const transfer = new DataTransfer();
        transfer.items.add(new File([bytes], "${type}.png", { type: "image/png" }));
        document.dispatchEvent(new ${event}("${type}", { ${field}: transfer, bubbles: true, cancelable: true }));
      })()`);
    await send("drop", "dataTransfer", "DragEvent");
    await page.locator("#photograph-name", { hasText: "drop.png" }).waitFor();
    await send("paste", "clipboardData", "ClipboardEvent");
    await page.locator("#photograph-name", { hasText: "paste.png" }).waitFor();
    await page.close();
  });
});
