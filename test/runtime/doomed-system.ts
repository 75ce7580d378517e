// A program whose only actor fails for ever, with nothing said about what then.
import { protocol, tell } from "#protocols/protocol.ts";
import { Actor } from "#runtime/core/actor.ts";
import { startLocalSystem } from "#runtime/start-local-system.ts";

interface Doomed {
  hint(): void;
}
const Doomed = protocol<Doomed>("test.Doomed@1", { hint: tell });

class DoomedActor extends Actor<Doomed> {
  static readonly protocol = Doomed;
  hint(): void {
    throw new Error("there is no hope");
  }
}

const system = await startLocalSystem({ log: { write: () => {} } });
const doomed = system.spawn(DoomedActor, { name: "doomed" });
setInterval(() => doomed.hint(), 5);
