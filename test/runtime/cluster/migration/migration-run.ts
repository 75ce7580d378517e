// One random life of a cluster whose actors move about, and whether all that must hold has held.
import { birthNodeOf } from "#protocols/cluster/migration.ts";
import type { PuppetNode } from "./migration-actors.ts";
import { longMs, MigrationWorld } from "./migration-world.ts";
import type { BrokenRules, ReachedStep } from "./world-terms.ts";

export interface RunTerms {
  readonly seed: number;
  /** Nodes that end, or are cut off, at random moments. */
  readonly deaths: number;
  readonly broken?: BrokenRules;
  readonly reached?: (world: MigrationWorld, at: ReachedStep) => void;
}

export interface RunResult {
  readonly violation: string | undefined;
  readonly world: MigrationWorld;
}

export function runMigrations({ seed, deaths, broken, reached }: RunTerms): RunResult {
  const shape = seed * 7919;
  const world: MigrationWorld = new MigrationWorld(seed, {
    nodes: 2 + (shape % 4) + (deaths > 0 ? 1 : 0),
    actors: 2 + (Math.floor(shape / 4) % 5),
    sweeper: seed % 3 === 0 ? "hasty" : "patient",
    ...(broken ? { broken } : {}),
    reached: (at) => reached?.(world, at),
  });
  const steps = 400 + Math.floor(world.chance() * 2000);
  const movesAbove = 0.86 + world.chance() * 0.1;
  const deathAt = Array.from({ length: deaths }, () => Math.floor(world.chance() * steps));
  for (let step = 0; step < steps && !world.ledger.violation; step++) {
    if (deathAt.includes(step)) endOne(world);
    stepOnce(world, movesAbove);
  }
  if (!world.ledger.violation) settle(world);
  return { violation: world.ledger.violation, world };
}

function endOne(world: MigrationWorld): void {
  const { living } = world;
  if (living.length < 2) return;
  const moving = living.filter(({ desk }) => desk.counts.departures > 0);
  const node = world.pick(moving.length > 0 && world.chance() < 0.7 ? moving : living);
  if (world.chance() < 0.5) world.kill(node);
  else world.cutOff(node);
}

function stepOnce(world: MigrationWorld, movesAbove: number): void {
  const what = world.chance();
  if (what < 0.38) world.deliverOne();
  else if (what < 0.44) world.directoryStep();
  else if (what < 0.46) world.lookUpStep();
  else if (what < 0.47) {
    if (world.isQuick || world.chance() < 0.1) world.removalStep();
  } else if (what < 0.48) world.pass(1);
  else if (what < 0.482) world.pass(world.chance() < 0.5 ? 300 : longMs);
  else actOnce(world, what, movesAbove);
}

function actOnce(world: MigrationWorld, what: number, movesAbove: number): void {
  const node = world.pick(world.nodes);
  const actors = [...node.actors.values()];
  if (!node.isRunning || actors.length === 0) return;
  const actor = world.pick(actors);
  if (actor.state === "frozen") {
    if (what > 0.99) node.desk.withdraw(actor.aid, "at random");
  } else if (what < 0.75) {
    world.send(
      node,
      actor,
      world.chance() < world.selfishness ? actor.aid : world.pick(world.actors),
    );
  } else if (what < movesAbove) world.turn(node, actor);
  else {
    const birth = world.node(birthNodeOf(actor.aid));
    const isBack = birth?.state === "up" && world.chance() < 0.25;
    world.move(node, actor, isBack ? birth : world.pick(world.nodes));
  }
}

/** Lets everything come to rest, and looks at what is left. */
export function settle(world: MigrationWorld): void {
  let quiet = 0;
  for (let round = 0; quiet < 4 && !world.ledger.violation; round++) {
    if (round > 20_000) world.ledger.fail("stuck: it does not come to rest");
    if (work(world)) quiet = 0;
    else if (world.isIdle) {
      quiet += 1;
      world.pass(longMs);
    }
  }
  if (!world.ledger.violation) inspect(world);
}

function work(world: MigrationWorld): boolean {
  let did = world.deliverOne();
  did = world.directoryStep() || did;
  did = world.lookUpAll() || did;
  if (world.chance() < (world.isQuick ? 0.1 : 0.01)) did = world.removalStep() || did;
  for (const node of world.nodes) {
    if (!node.isRunning) continue;
    for (const actor of node.actors.values()) did = world.turn(node, actor) || did;
  }
  return did;
}

function inspect(world: MigrationWorld): void {
  for (const node of world.living) inspectNode(world, node);
  for (const aid of world.actors) {
    const home = world.homeOf(aid);
    if (world.directory.swept.has(aid)) {
      if (home?.state === "up") world.ledger.fail(`twice: ${aid} lives, and was given up`);
      continue;
    }
    const owner = world.directory.get(aid)?.node ?? aid.slice(0, aid.indexOf("#"));
    const isOwnerUp = world.node(owner)?.state === "up";
    if (!home && isOwnerUp) world.ledger.fail(`gone: ${aid} should live on ${owner}`);
    if (home && home.state === "up" && home.key !== owner) {
      world.ledger.fail(`astray: ${aid} lives on ${home.key}, and the directory says ${owner}`);
    }
  }
  world.ledger.settle((aid) => world.homeOf(aid)?.state === "up", world.nodes);
}

function inspectNode(world: MigrationWorld, node: PuppetNode): void {
  const { departures, arrivals } = node.desk.counts;
  if (departures + arrivals > 0) {
    world.ledger.fail(`stuck: ${node.key} has ${departures} departures and ${arrivals} arrivals`);
  }
  for (const [aid, actor] of node.actors) {
    const held = node.desk.inspect(aid)?.heldCount ?? 0;
    if (!actor.isActive || held > 0) {
      world.ledger.fail(`stuck: ${aid} on ${node.key} is ${actor.state} and holds ${held}`);
    }
  }
}
