// A command of the user's as the NodeProvider of one group: it starts and ends nodes wherever it likes, on other
// machines, in containers, as functions. Called as `program …args GROUP NODE start|stop`.
//
// A start has succeeded when the command exits with 0; that the node is there is seen when it registers. What
// fails is tried three times; a node that could not be started is then failed until it is asked for again.
import type { NodeProvider, ProvidedNode, ProvideOrder } from "#actors/scaling/node-provider.ts";
import { backoffDelay } from "#runtime/core/backoff.ts";
import type { Log } from "#runtime/core/ports.ts";

export interface CommandProviderTerms {
  /** A node that was started is not started again for so long. */
  readonly startTimeoutMs: number;
}

export interface CommandProviderPorts {
  readonly log: Log;
  /** Monotonic milliseconds. */
  now(): number;
  /** Resolves with why it failed, or with nothing; never rejects. */
  run(words: readonly string[]): Promise<string | undefined>;
  wait(ms: number): Promise<void>;
}

type Act = "start" | "stop";

/** What is known of a node that was asked for, until it is ended. */
type Errand =
  | { readonly kind: "running" }
  | { readonly kind: "started"; readonly atMs: number }
  | { readonly kind: "failed"; readonly reason: string };

const attemptsMax = 3;
const backoff = { delayMsMin: 1_000, delayMsMax: 10_000, factor: 3, jitter: 0 };
/** Nodes that were there before register again within so long: until then nobody is missed. */
const settleMs = 10_000;
const actor = "/node-scaler";

export class CommandProvider implements NodeProvider {
  readonly #terms: CommandProviderTerms;
  readonly #ports: CommandProviderPorts;
  readonly #openedMs: number;
  readonly #errands = new Map<string, Errand>();

  constructor(terms: CommandProviderTerms, ports: CommandProviderPorts) {
    this.#terms = terms;
    this.#ports = ports;
    this.#openedMs = ports.now();
  }

  provide({ group, start, end }: ProvideOrder): void {
    for (const node of start) if (this.#mayStart(node)) void this.#go(group, node, "start");
    for (const node of end) if (!this.#isRunning(node)) void this.#go(group, node, "stop");
  }

  standing(_group: string): readonly ProvidedNode[] | undefined {
    if (this.#ports.now() - this.#openedMs < settleMs) return undefined;
    return [...this.#errands].flatMap(([node, errand]): readonly ProvidedNode[] =>
      errand.kind === "failed" ? [{ node, phase: "failed", reason: errand.reason }] : [],
    );
  }

  #mayStart(node: string): boolean {
    const errand = this.#errands.get(node);
    if (errand?.kind !== "started") return errand?.kind !== "running";
    return this.#ports.now() - errand.atMs >= this.#terms.startTimeoutMs;
  }

  #isRunning(node: string): boolean {
    return this.#errands.get(node)?.kind === "running";
  }

  async #go(group: string, node: string, act: Act): Promise<void> {
    this.#errands.set(node, { kind: "running" });
    const reason = await this.#tried([group, node, act]);
    if (act === "stop") this.#errands.delete(node);
    else if (reason !== undefined) this.#errands.set(node, { kind: "failed", reason });
    else this.#errands.set(node, { kind: "started", atMs: this.#ports.now() });
  }

  /** Why it failed at last. */
  async #tried(words: readonly string[]): Promise<string | undefined> {
    const { log, run, wait } = this.#ports;
    const what = words.join(" ");
    for (let attempt = 1; ; attempt++) {
      const why = await run(words);
      if (why === undefined) {
        log.write("info", actor, `the command for ${what} is done`, { attempt });
        return undefined;
      }
      log.write("warn", actor, `the command for ${what} failed: ${why}`, { attempt });
      if (attempt === attemptsMax) return `its command failed ${attempt} times, at last: ${why}`;
      await wait(backoffDelay(backoff, attempt, 0));
    }
  }
}
