// The last look at a world that has come to rest. A node may still end during it, of what came upon it
// before all healed, and whoever is asked there never answers: then it begins anew with the lives that follow.
import type { SimulatedHost } from "./incarnation.ts";

type Hosts = ReadonlyMap<string, SimulatedHost>;

export interface RestingWorld {
  /** The lives of the nodes that are up. */
  hosts(): Hosts;
  /** Whether every node is up, has built what it has, and stays. */
  isWhole(): boolean;
  /** Lets time go on until its last millisecond, or until it is so; false when either is already. */
  pass(isOver: () => boolean): Promise<boolean>;
}

/** Looks until it has seen all by the same lives. Undefined when the time was over before. */
export async function lastLook(
  world: RestingWorld,
  look: (hosts: Hosts) => void | Promise<void>,
): Promise<{ readonly error?: unknown } | undefined> {
  for (;;) {
    if (!(world.isWhole() || (await world.pass(world.isWhole)))) return undefined;
    const hosts = world.hosts();
    const isSame = (): boolean => sameLives(hosts, world.hosts());
    let seen: { readonly error?: unknown } | undefined;
    const looking = async (): Promise<void> => look(hosts);
    looking().then(
      () => {
        seen = {};
      },
      (error: unknown) => {
        seen = { error };
      },
    );
    const isSeen = (): boolean => seen !== undefined;
    const hasTime = await world.pass(() => isSeen() || !isSame());
    if (isSame() && isSeen()) return seen;
    if (!hasTime) return undefined;
  }
}

const sameLives = (before: Hosts, now: Hosts): boolean =>
  before.size === now.size && [...before].every(([name, host]) => now.get(name) === host);
