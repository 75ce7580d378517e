// The page as people meet it: served by a cluster of real processes, with the real model behind it.
import { test } from "node:test";
import { ClusterProcess } from "../processes/cluster-process.ts";
import { openBrowser } from "./chromium.ts";
import { tellRepairStory } from "./page-story.ts";

test("on a real cluster one paints over a part of a photograph and gets it repaired", {
  timeout: 60_000,
}, async (context) => {
  const cluster = await ClusterProcess.start(context, { workers: 1 });
  const browser = await openBrowser({ acceptDownloads: true });
  context.after(() => browser.close());
  browser.context.setDefaultTimeout(20_000);
  await tellRepairStory(browser.context, cluster.url);
});
