// Commands of the control channel take effect at most once, however often they are issued under their id;
// whoever issues one again hears the same end; what is said to be done is done, and is so in the history; what
// had timed out before anybody had it is not done later.
import { broken } from "#runtime/testkit/simulation/broken-promise.ts";
import type { Check } from "#runtime/testkit/simulation/checker.ts";
import { countCommand } from "./operator-plan.ts";
import { type KeptHold, readFact, type TaskFacts } from "./task-facts.ts";

export const commandsOnce: Check = () => {
  const known = new KnownCommands();
  return {
    name: "commands once",
    saw(event) {
      if (event.kind === "node-ended" || event.kind === "restarted") known.somebodyEnded();
      if (event.kind !== "fact") return;
      const problem = known.saw(event.name, event.about);
      if (problem !== undefined) throw broken(problem, [event.id]);
    },
  };
};

type Commanded = TaskFacts["commanded"];

interface Known {
  readonly command: string;
  readonly node: string | null;
  /** Its number among what was issued and answered. */
  readonly issued: number;
  end?: { readonly told: Commanded; readonly answered: number; readonly life: number };
  effects: number;
}

const holds: ReadonlySet<string> = new Set(["PAUSE_NODE", "RESUME_NODE"]);

class KnownCommands {
  readonly #commands = new Map<string, Known>();
  /** By node, as its orders have left it. */
  readonly #paused = new Map<string, KeptHold>();
  /** Each command that has paused a node so far. */
  readonly #pauses = new Set<string>();
  /** By what was set. */
  readonly #activated = new Set<string>();
  #moments = 0;
  /** Grows with each end of a node or an actor: the channel may have begun anew. */
  #life = 0;

  somebodyEnded(): void {
    this.#life += 1;
  }

  saw(name: string, about: string): string | undefined {
    switch (name) {
      case "kept":
        return this.#holds(readFact("kept", about).holds);
      case "issued":
        return this.#issued(readFact("issued", about));
      case "counted":
        return this.#took(readFact("counted", about).commandId);
      case "leaves":
        return this.#took(readFact("leaves", about).commandId);
      case "configured":
        return this.#configured(readFact("configured", about).document);
      case "commanded":
        return this.#answered(readFact("commanded", about));
      case "commandKept":
        return this.#kept(readFact("commandKept", about));
      case "nodeHeld":
        return this.#held(readFact("nodeHeld", about));
      case "queueConfigured":
        return this.#inForce(readFact("queueConfigured", about));
      default:
        return undefined;
    }
  }

  #issued({ commandId, command, node }: TaskFacts["issued"]): undefined {
    if (this.#commands.has(commandId)) return;
    this.#moments += 1;
    this.#commands.set(commandId, { command, node, issued: this.#moments, effects: 0 });
  }

  #took(commandId: string): string | undefined {
    const known = this.#commands.get(commandId);
    if (!known) return `${commandId} is carried out, and nobody has issued it`;
    known.effects += 1;
    return known.effects > 1 ? `${known.command} ${commandId} took effect twice` : undefined;
  }

  /** A store that begins anew shows its last commit again: versions that were seen. */
  #holds(holds: readonly KeptHold[]): string | undefined {
    for (const hold of holds) {
      const former = this.#paused.get(hold.node);
      if (former !== undefined && hold.version <= former.version) continue;
      this.#paused.set(hold.node, hold);
      const { node, pausedBy } = hold;
      if (pausedBy === null || pausedBy === former?.pausedBy) continue;
      if (this.#pauses.has(pausedBy)) return `${pausedBy} took effect on ${node} twice`;
      this.#pauses.add(pausedBy);
    }
    return undefined;
  }

  /** Each update has a document of its own. */
  #configured(document: string): string | undefined {
    if (this.#activated.has(document)) return `${document} was activated twice`;
    this.#activated.add(document);
    return undefined;
  }

  #answered(told: Commanded): string | undefined {
    const known = this.#commands.get(told.commandId);
    if (!known) return `${told.commandId} is answered, and nobody has issued it`;
    // Of what is refused nothing was begun; a command without a handler is, also where it had ended before.
    if (told.status === "refused") return undefined;
    // What the store could not keep is no end yet: under its id the command may still be carried on.
    if (told.code === "store_failed" && known.end === undefined) return undefined;
    this.#moments += 1;
    known.end ??= { told, answered: this.#moments, life: this.#life };
    const former = known.end.told;
    const what = `${known.command} ${told.commandId}`;
    if (known.command === countCommand && told.status === "completed" && known.effects !== 1) {
      return `${what} is said to be done, and took effect ${known.effects} times`;
    }
    return isSameEnd(former, told) || this.#isForgotten(known.end, told)
      ? undefined
      : `${what} was ${former.status} with ${former.response}, and is ${told.status} with ${told.response}`;
  }

  /** What the store had not kept yet when the channel began anew, nobody knows. */
  #isForgotten({ life }: NonNullable<Known["end"]>, told: Pick<Commanded, "code">): boolean {
    return told.code === "unknown_outcome" && life < this.#life;
  }

  #kept({ commandId, status, code, isTaken }: TaskFacts["commandKept"]): string | undefined {
    const known = this.#commands.get(commandId);
    const isDone = known !== undefined && (known.effects > 0 || this.#pauses.has(commandId));
    if (isDone && !isTaken) {
      return `${known.command} ${commandId} is ${status}, and took effect though nobody had it by then`;
    }
    if (!known?.end || status === "timed_out" || this.#isForgotten(known.end, { code }))
      return undefined;
    const told = known.end.told.status;
    return status === told
      ? undefined
      : `${commandId} was answered ${told}, and the history has ${status}`;
  }

  /** Where one order was the last for certain, and was carried out. */
  #held({ node, isHeld }: TaskFacts["nodeHeld"]): string | undefined {
    const orders = [...this.#commands.values()].filter(
      (known) => known.node === node && holds.has(known.command),
    );
    const last = orders.reduce<Known | undefined>(
      (best, known) => (best && best.issued > known.issued ? best : known),
      undefined,
    );
    if (last?.end?.told.status !== "completed") return undefined;
    const isAlone = orders.every(
      (known) =>
        known === last ||
        (known.end?.told.status === "completed" && known.end.answered < last.issued),
    );
    const isRight = isHeld === (last.command === "PAUSE_NODE");
    return !isAlone || isRight
      ? undefined
      : `${node} is ${isHeld ? "" : "not "}held, and the last that was done was ${last.command}`;
  }

  /** What is active is what the queue goes by, unless an update was told to have failed. */
  #inForce({ active, inForce }: TaskFacts["queueConfigured"]): string | undefined {
    const updates = [...this.#commands.values()].filter(
      ({ command }) => command === "UPDATE_CONFIG",
    );
    const isCertain = updates.every(({ end }) => end?.told.status === "completed");
    if (!isCertain || updates.length === 0 || active === inForce) return undefined;
    return `the active document says ${active} bytes, and ${inForce} are in force`;
  }
}

/** A channel whose store was away may answer what it could not keep; time ends it in the history. */
const isSameEnd = (former: Commanded, told: Commanded): boolean =>
  told.status === "timed_out" ||
  (former.status === told.status && former.response === told.response && former.code === told.code);
