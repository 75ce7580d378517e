// A kettle that breaks, and a kitchen that buys a new one each time, after a pause that grows. Whoever
// has the kettle's ref keeps it. Run it: npx tsx examples/actors/02-supervision.ts
import { ask, type Failure, type Handlers, protocol, type Ref } from "#protocols/index.ts";
import { Actor, type SupervisionSpec, startLocalSystem } from "#runtime/index.ts";

interface Kettle {
  boil(degrees: number): string;
}
const Kettle = protocol<Kettle>("kitchen.Kettle@1", { boil: ask });

class KettleActor extends Actor<Kettle> implements Handlers<Kettle> {
  static readonly protocol = Kettle;

  override start(): void {
    console.log("  a new kettle is on the stove");
  }

  boil(degrees: number): string {
    // A thrown error is a crash: the one who asked hears of it, the supervisor decides what follows.
    if (degrees > 100) throw new Error(`a kettle cannot reach ${degrees} degrees`);
    return `water of ${degrees} degrees`;
  }
}

interface Kitchen {
  kettle(): Ref<Kettle>;
}
const Kitchen = protocol<Kitchen>("kitchen.Kitchen@1", { kettle: ask });

class KitchenActor extends Actor<Kitchen, { kettle: Ref<Kettle> | undefined }> {
  static readonly protocol = Kitchen;
  static readonly supervise: SupervisionSpec = {
    strategy: "one-for-one",
    restartsMax: 3,
    withinMs: 10_000,
    backoff: { delayMsMin: 50, delayMsMax: 1_000, factor: 2, jitter: 0 },
  };
  static initial = (): { kettle: Ref<Kettle> | undefined } => ({ kettle: undefined });

  override start(): void {
    this.state.kettle = this.ctx.spawn(KettleActor, { name: "kettle" });
  }

  kettle(): Ref<Kettle> {
    const { kettle } = this.state;
    if (!kettle) throw new Error("there is a kettle since the start");
    return kettle;
  }
}

const system = await startLocalSystem({ log: { write: () => {} } });
const kitchen = system.spawn(KitchenActor, { name: "kitchen" });
const kettle = await kitchen.kettle();
console.log(await kettle.boil(100));
for (const degrees of [120, 90, 150, 95]) {
  const askedAt = performance.now();
  const said = await kettle.boil(degrees).catch((failure: Failure) => failure.message);
  console.log(`${said} (after ${Math.round(performance.now() - askedAt)} ms)`);
}
await system.stop();
