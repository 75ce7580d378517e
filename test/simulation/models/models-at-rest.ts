// A last look at workers that had time to come to rest: nobody waits and nothing runs, each version has as many
// engines as its bounds allow, what is steady serves, and no process lives that nobody counts. Then all
// models are taken away: nothing is left, and all memory is given back.
import { Models } from "#actors/inference/repository/models.ts";
import type { Ref } from "#protocols/actor-ref.ts";
import { Failure } from "#protocols/failure.ts";
import { Asker } from "./asker-actor.ts";
import { engineBytes, modelNames, steadyModels, type WorldTerms } from "./model-rules.ts";
import type { ModelSite } from "./model-site.ts";

const within = { within: 10_000 };
const lookEveryMs = 250;
const looksMax = 40;

export async function modelsAtRest(sites: readonly ModelSite[]): Promise<void> {
  for (const site of sites) {
    const { host, terms } = site;
    const { name: node } = host.node;
    const asker = host.system.refTo(Asker, { node, path: "/asker" }).$.with(within);
    const models = host.system.refTo(Models, { node, path: "/inference/models" }).$.with(within);
    await soon(asker, async () => {
      const open = await asker.open();
      return open === 0 ? undefined : `${open} requests or orders are not answered`;
    });
    await soon(asker, () => unrest(models, site));
    for (const model of steadyModels) await models.run({ model, files: [], parameters: lastOne });
    if (terms.mode === "none") continue;
    await takeAway(models, site, terms);
    await soon(asker, async () => left(site));
  }
}

const lastOne = { request: 0, mark: "", runMs: 1, shape: 1 };

/** What is wrong, and stays so. */
async function soon(asker: Ref<Asker>, look: () => Promise<string | undefined>): Promise<void> {
  for (let looks = 1; ; looks += 1) {
    const problem = await look();
    if (problem === undefined) return;
    if (looks === looksMax) throw new Failure("internal", problem);
    await asker.wait(lookEveryMs);
  }
}

async function unrest(models: Ref<Models>, site: ModelSite): Promise<string | undefined> {
  const versions = await models.statistics({});
  for (const { name, version, inProgress, engines } of versions) {
    const { starting, ready, leaving, waiting, min, max } = engines;
    const busy = { inProgress, starting, leaving, waiting };
    const found = Object.entries(busy).find(([, count]) => count > 0);
    if (found) return `${name}@${version} has ${found[1]} ${found[0]}`;
    if (ready >= min && ready <= max) continue;
    return `${name}@${version} has ${ready} engines, not ${min} to ${max}`;
  }
  const counted = versions.reduce((sum, { engines }) => sum + engines.ready, 0);
  const alive = site.engines.size;
  return alive === counted
    ? heldWrong(site)
    : `${alive} processes live, and ${counted} are counted`;
}

/** The worker's own figure, which a new engine is measured against. */
function heldWrong(site: ModelSite): string | undefined {
  if (site.terms.memoryBytesMax === null) return undefined;
  const { bounds } = site.figures();
  const held = bounds.find(({ bound }) => bound === "engineMemoryBytesMax")?.highest;
  const used = site.engines.size * engineBytes;
  return held === used ? undefined : `${held} bytes are held for engines that have ${used}`;
}

async function takeAway(models: Ref<Models>, site: ModelSite, { mode }: WorldTerms): Promise<void> {
  if (mode === "poll") site.folders.removeAll();
  else for (const name of modelNames) await models.unload(name);
}

function left(site: ModelSite): string | undefined {
  const { size } = site.engines;
  return size === 0 ? heldWrong(site) : `${size} processes outlive their models`;
}
