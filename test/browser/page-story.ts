// What the page promises to people, told against whatever serves it.
import assert from "node:assert/strict";
import type { BrowserContext } from "playwright-core";
import sharp from "sharp";
import { checkered, countChanged, PageDriver } from "./page-driver.ts";

/**
 * Opens a picture, paints over a part of it, has it repaired, compares, undoes and downloads. Works
 * with any model: the painted part must have changed, and every other pixel must be as it was.
 */
export async function tellRepairStory(context: BrowserContext, baseUrl: string): Promise<void> {
  const driver = await PageDriver.open(await context.newPage(), baseUrl);
  const { page } = driver;
  assert.equal(await page.title(), "Troupe");
  const picture = await checkered(480, 320);
  await driver.choose(picture, "picnic.png");
  assert.equal(await page.locator("#repair").isEnabled(), false);

  await driver.setBrush(30);
  await driver.paint({ x: 120, y: 160 }, { x: 260, y: 160 });
  assert.equal(await page.locator("#repair").isEnabled(), true);
  await driver.repair();
  assert.match(
    (await page.locator("#cluster-last").textContent()) ?? "",
    /^Last repair on \S+ in /,
  );

  const { name, bytes } = await driver.download();
  assert.equal(name, "picnic-repaired.png");
  const { width, height } = await sharp(bytes).metadata();
  assert.deepEqual([width, height], [480, 320]);
  const inside = { left: 125, top: 150, width: 130, height: 20 };
  assert.ok((await countChanged(picture, bytes, inside)) > 100, "the painted part changed");
  for (const outside of [
    { left: 0, top: 0, width: 480, height: 140 },
    { left: 0, top: 180, width: 480, height: 140 },
    { left: 0, top: 0, width: 100, height: 320 },
    { left: 280, top: 0, width: 200, height: 320 },
  ]) {
    assert.equal(await countChanged(picture, bytes, outside), 0, "all else is as it was");
  }

  await page.locator("#stage").focus();
  await page.keyboard.press("Space");
  assert.equal(await page.locator("#before").isVisible(), true);
  assert.equal(await page.locator("#compare").getAttribute("aria-pressed"), "true");
  await page.keyboard.press("Space");
  assert.equal(await page.locator("#before").isVisible(), false);

  await page.keyboard.press("Control+z");
  assert.equal(await page.locator("#download").isEnabled(), false);
  assert.deepEqual(driver.complaints, []);
  await page.close();
}
