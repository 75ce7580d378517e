// Submits tasks over HTTP until each is acknowledged, and asks for their results until each has ended.
// A submission whose outcome is unknown is repeated with its key.
import { setTimeout as delay } from "node:timers/promises";

export interface ChaosTask {
  readonly number: number;
  readonly acknowledgedAtMs: number;
  readonly taskId: string;
  /** What it ended with, as first seen. */
  end: ChaosEnd | undefined;
}

export interface Served {
  readonly sentAt: number;
  readonly at: number;
}

export type ChaosEnd =
  | { readonly kind: "result"; readonly fence: number; readonly node: string }
  | { readonly kind: "failure"; readonly code: string };

export interface ClientTerms {
  readonly url: string;
  readonly seed: number;
  readonly tasks: number;
  /** All are submitted within so long, evenly. */
  readonly withinMs: number;
}

const requestMsMax = 10_000;
const againMs = 250;
/** While nobody answers, the others wait their turn. */
const submissionsAtATime = 64;
/** A task is asked for this long after it was acknowledged, and again after as long. */
const askAfterMs = 1_000;
const asksAtATime = 16;
const retriedStatuses = new Set([408, 429, 500, 502, 503, 504]);

export class ChaosClient {
  readonly acknowledged: ChaosTask[] = [];
  /** Of each submission that was acknowledged: milliseconds since 1970 UTC. */
  readonly served: Served[] = [];
  readonly refused: string[] = [];
  repeats = 0;
  replays = 0;
  readonly #terms: ClientTerms;
  #isOver = false;

  constructor(terms: ClientTerms) {
    this.#terms = terms;
  }

  get ended(): number {
    return this.acknowledged.reduce((sum, { end }) => sum + (end === undefined ? 0 : 1), 0);
  }

  /** Nothing is sent any more. */
  stop(): void {
    this.#isOver = true;
  }

  /** Resolves when every task has been acknowledged or refused, or after `stop`. */
  async submitAll(): Promise<void> {
    const { tasks, withinMs } = this.#terms;
    const startedAt = performance.now();
    const open = new Set<Promise<void>>();
    for (let number = 0; number < tasks && !this.#isOver; number += 1) {
      const waitMs = startedAt + (withinMs * number) / tasks - performance.now();
      if (waitMs > 0) await delay(waitMs);
      if (open.size >= submissionsAtATime) await Promise.race(open);
      const submitted = this.#submit(number).finally(() => open.delete(submitted));
      open.add(submitted);
    }
    await Promise.all(open);
  }

  /** Resolves when all `expected` tasks have ended, or after `stop`. */
  async followAll(expected: number): Promise<void> {
    while (!this.#isOver && this.ended + this.refused.length < expected) {
      const nowMs = Date.now();
      const due = this.acknowledged.filter(
        ({ end, acknowledgedAtMs }) => end === undefined && nowMs - acknowledgedAtMs > askAfterMs,
      );
      await Promise.all(due.slice(0, asksAtATime).map((task) => this.#ask(task)));
      await delay(due.length > asksAtATime ? 20 : againMs);
    }
  }

  async #submit(number: number): Promise<void> {
    const { seed, url } = this.#terms;
    for (let tries = 0; !this.#isOver; tries += 1) {
      const sentAt = Date.now();
      const response = await this.#request(`${url}/inpaint`, {
        method: "POST",
        headers: { prefer: "respond-async", "idempotency-key": `chaos-${seed}-${number}` },
        body: formOf(number),
      });
      if (response?.status === 202) {
        const { taskId }: { readonly taskId: string } = JSON.parse(response.text);
        const acknowledgedAtMs = Date.now();
        this.served.push({ sentAt, at: acknowledgedAtMs });
        this.acknowledged.push({ number, taskId, acknowledgedAtMs, end: undefined });
        if (tries > 0) this.replays += 1;
        return;
      }
      if (response !== undefined && !retriedStatuses.has(response.status)) {
        this.refused.push(`task ${number}: ${response.status} ${response.text.slice(0, 200)}`);
        return;
      }
      this.repeats += 1;
      await delay(againMs * Math.min(4, tries + 1));
    }
  }

  async #ask(task: ChaosTask): Promise<void> {
    const response = await this.#request(`${this.#terms.url}/api/tasks/${task.taskId}/result`, {});
    if (response === undefined || response.attempt === null) return;
    if (response.status !== 200) {
      task.end = { kind: "failure", code: response.code ?? `status ${response.status}` };
      return;
    }
    const { fence, node }: { readonly fence: number; readonly node: string } = JSON.parse(
      response.text,
    );
    task.end = { kind: "result", fence, node };
  }

  /** Undefined when there was no answer. */
  async #request(url: string, options: RequestInit) {
    try {
      const signal = AbortSignal.timeout(requestMsMax);
      const response = await fetch(url, { ...options, signal });
      const { headers, status } = response;
      const attempt = headers.get("x-troupe-attempt");
      return { status, text: await response.text(), attempt, code: headers.get("x-troupe-code") };
    } catch {
      return undefined;
    }
  }
}

function formOf(number: number): FormData {
  const form = new FormData();
  form.set("image", new Blob([`task ${number}`]), "image");
  form.set("mask", new Blob(["mask"]), "mask");
  return form;
}
