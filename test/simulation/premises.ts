// What one life of a node of the cluster scenario knows beside its office: who is registered, and the way
// to the singleton.
import type { Ref } from "#protocols/actor-ref.ts";
import { Receptionist } from "#runtime/cluster/names/receptionist.ts";
import { singletonRef } from "#runtime/cluster/names/singleton-ref.ts";
import { serviceKey } from "#runtime/core/services.ts";
import type { SimulatedHost } from "#runtime/testkit/simulation/incarnation.ts";
import { StreamNumbers } from "#runtime/testkit/simulation/numbered.ts";
import { Ledger, ledgerName } from "./ledger-actor.ts";

export class Premises {
  readonly host: SimulatedHost;
  readonly receptionist: Receptionist;
  readonly ledger: Ref<Ledger>;
  readonly numbers = new StreamNumbers();

  constructor(host: SimulatedHost) {
    const { session, system } = host;
    this.host = host;
    this.receptionist = new Receptionist(system, session);
    this.ledger = singletonRef(system, session.directory, { protocol: Ledger, name: ledgerName });
  }
}

export const premisesKey = serviceKey("simulation.premises", (value) =>
  value instanceof Premises ? value : undefined,
);
