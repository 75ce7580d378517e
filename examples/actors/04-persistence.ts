// A savings box that survives SIGKILL: what was acknowledged is on the disk. The program starts itself
// as a second process, which is killed. Run it: npx tsx examples/actors/04-persistence.ts
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { ask, type Handlers, protocol } from "#protocols/index.ts";
import { PersistentActor, SqlitePersistence, startLocalSystem, storedIn } from "#runtime/index.ts";

interface Box {
  put(coins: number): number;
  total(): number;
}
const Box = protocol<Box>("savings.Box@1", { put: ask, total: ask });

interface CoinsPut {
  readonly coins: number;
}

class BoxActor extends PersistentActor<Box, { total: number }, CoinsPut> implements Handlers<Box> {
  static readonly protocol = Box;
  static readonly persistence = { id: "box" };
  static initial = (): { total: number } => ({ total: 0 });

  protected apply({ coins }: CoinsPut): void {
    this.state.total += coins;
  }

  async put(coins: number): Promise<number> {
    await this.persist({ coins });
    return this.state.total;
  }

  total(): number {
    return this.state.total;
  }
}

async function openBox(path: string) {
  const store = await SqlitePersistence.open(path);
  const system = await startLocalSystem();
  return { store, system, box: system.spawn(storedIn(store, BoxActor), { name: "box" }) };
}

/** Puts a coin in, says so, and goes on until somebody kills it. */
async function saveForEver(path: string): Promise<never> {
  const { box } = await openBox(path);
  for (;;) console.log(await box.put(1));
}

async function killAndLookAgain(): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "savings-"));
  const path = join(folder, "box.sqlite");
  const saver = spawn(process.execPath, ["--import", "tsx", fileURLToPath(import.meta.url), path], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const ended = once(saver, "exit");
  let acknowledged = 0;
  for await (const line of createInterface(saver.stdout)) {
    acknowledged = Number(line);
    if (acknowledged === 50) saver.kill("SIGKILL");
  }
  await ended;
  const { store, system, box } = await openBox(path);
  console.log(`killed after ${acknowledged} acknowledged coins; in the box: ${await box.total()}`);
  await system.stop();
  await store.close();
  await rm(folder, { recursive: true });
}

const path = process.argv[2];
await (path === undefined ? killAndLookAgain() : saveForEver(path));
