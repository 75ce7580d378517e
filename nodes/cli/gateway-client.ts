// Talks HTTP to the gateway of a running cluster, and says what to do when it does not answer.
import { performance } from "node:perf_hooks";
import Type from "typebox";
import { Compile } from "typebox/compile";
import { Failure } from "#protocols/failure.ts";
import { limits } from "#protocols/limits.ts";
import { isStatusReport, type StatusReport } from "./status-report.ts";
import { refusalOf, toldCharactersMax } from "./told-refusal.ts";

export const gatewayUrlDefault = "http://127.0.0.1:8080";

export interface Picture {
  readonly name: string;
  readonly bytes: Uint8Array;
}

export interface Repaired {
  readonly bytes: Uint8Array;
  readonly contentType: string;
  readonly figures: RepairFigures;
}

/** What the gateway says in its headers; null where it says nothing. */
export interface RepairFigures {
  readonly task: string | null;
  readonly node: string | null;
  readonly attempt: number | null;
  readonly queueMs: number | null;
  readonly runMs: number | null;
  /** From the first byte sent to the last one received, as seen from here. */
  readonly totalMs: number;
}

/** Default: as the gateway does when nothing is said. */
export interface OneRepairTerms {
  readonly model?: string;
  readonly strategy?: string;
}

/** What a task handed back; `pending`: it has not ended yet, and stands as its view says. */
export type RepairEnding =
  | { readonly kind: "pending"; readonly task?: unknown }
  | { readonly kind: "repaired"; readonly repaired: Repaired }
  | { readonly kind: "failed"; readonly code: string; readonly detail: string };

export interface TakenTask {
  readonly taskId: string;
  /** Its address. */
  readonly task: string;
  /** The key was seen before. */
  readonly isReplay: boolean;
}

const answerTimeoutMs = 10_000;
const repairTimeoutMs = 150_000;
/** Longer than a drain may take, and than a model to be loaded and the one before it to be drained. */
const orderTimeoutMs = 230_000;
const pollMs = 200;
/** Until large files are there, and a queue that blocks has room. */
const submitTimeoutMs = 60_000;
/** Until a file has come that is there. */
const fileTimeoutMs = 30_000;

export class GatewayClient {
  readonly #base: URL;

  /** Fails with `invalid` when the text is no address of a gateway. */
  constructor(url: string) {
    const base = URL.canParse(url) ? new URL(url) : undefined;
    if (base === undefined || !/^https?:$/.test(base.protocol)) {
      const detail = `"${url}" is no address: write it like ${gatewayUrlDefault}`;
      throw new Failure("invalid", detail);
    }
    if (base.username !== "" || base.password !== "") {
      throw new Failure("invalid", `the address of ${base.host} has a name in it: leave that out`);
    }
    this.#base = base;
  }

  get url(): string {
    return this.#base.href;
  }

  async status(): Promise<StatusReport> {
    const response = await this.#fetch("api/status", {}, answerTimeoutMs);
    if (!response.ok) throw await refusalOf(response);
    const value = await response.json().catch(() => undefined);
    if (isStatusReport(value)) return value;
    throw new Failure("invalid", `${this.url} does not answer like a gateway of Troupe`);
  }

  /** What the gateway shows there, as JSON. */
  async get(path: string): Promise<unknown> {
    const response = await this.#fetch(path, {}, answerTimeoutMs);
    if (!response.ok) throw await refusalOf(response);
    return response.json().catch(() => undefined);
  }

  /** Asks for something to be done, with the given answer; both are JSON. */
  async order(path: string, order: unknown): Promise<unknown> {
    const headers = { "content-type": "application/json" };
    const request = { method: "POST", headers, body: JSON.stringify(order) };
    const response = await this.#fetch(path, request, orderTimeoutMs);
    if (!response.ok) throw await refusalOf(response);
    return response.json().catch(() => undefined);
  }

  /** Hands over a task: JSON in the field `task`, its files beside it. */
  async submit(form: FormData, key: string | undefined, signal?: AbortSignal): Promise<TakenTask> {
    const headers = key === undefined ? {} : { "idempotency-key": key };
    const request = { method: "POST", headers, body: form, ...(signal ? { signal } : {}) };
    const response = await this.#fetch("api/v1/tasks", request, submitTimeoutMs);
    if (!response.ok) throw await refusalOf(response);
    const value: unknown = await response.json().catch(() => undefined);
    if (isTaken.Check(value)) return value;
    throw new Failure("invalid", `${this.url} does not answer like a gateway of Troupe`);
  }

  /** How a task stands when it has ended, or after so many seconds. */
  async task(path: string, waitSeconds: number): Promise<unknown> {
    const place = `${path.replace(/^\//, "")}?wait=${waitSeconds}`;
    const response = await this.#fetch(place, {}, answerTimeoutMs + waitSeconds * 1_000);
    if (!response.ok) throw await refusalOf(response);
    return response.json().catch(() => undefined);
  }

  /**
   * The picture that a task of the type `inpaint` hands back, when it has ended or after so many
   * seconds. Fails with `gone` or `not_found` when the cluster has forgotten the task or its result.
   */
  async repairedBy(
    taskId: string,
    waitSeconds: number,
    signal?: AbortSignal,
  ): Promise<RepairEnding> {
    const path = `api/v1/tasks/${taskId}/files/image?wait=${waitSeconds}`;
    const startedMs = performance.now();
    const timeoutMs = fileTimeoutMs + waitSeconds * 1_000;
    const response = await this.#fetch(path, signal ? { signal } : {}, timeoutMs);
    if (response.status === 202) {
      return { kind: "pending", task: await response.json().catch(() => undefined) };
    }
    if (response.ok) {
      return { kind: "repaired", repaired: await this.#repairedIn(response, startedMs) };
    }
    // Only what a task has ended with bears its id; all else is the gateway's own refusal.
    if (!response.headers.has("x-troupe-task")) throw await refusalOf(response);
    const { code, detail } = await refusalOf(response);
    return { kind: "failed", code: response.headers.get("x-troupe-code") ?? code, detail };
  }

  /** Repairs the picture where the mask is white, by the gateway's model. */
  async repair(image: Picture, mask: Picture): Promise<Repaired> {
    const startedMs = performance.now();
    const request = { method: "POST", body: repairForm(image, mask) };
    const response = await this.#fetch("inpaint", request, repairTimeoutMs);
    if (!response.ok) throw await refusalOf(response);
    return this.#repairedIn(response, startedMs);
  }

  /** The same as a task that is not waited for: its id, for `repairedBy`. */
  submitRepair(image: Picture, mask: Picture, terms: OneRepairTerms): Promise<string> {
    const { model, strategy } = terms;
    const form = repairForm(image, mask);
    if (strategy !== undefined) form.append("hdStrategy", strategy);
    return this.#submitTo("inpaint", form, model === undefined ? {} : { "x-troupe-model": model });
  }

  /** The form is that of `POST /api/v1/remove-text`; the task's id. */
  submitTextRemoval(form: FormData): Promise<string> {
    return this.#submitTo("api/v1/remove-text", form, {});
  }

  /** What a task is of that has not ended: its worker stops at its next step. */
  async cancel(taskId: string, reason: string): Promise<"cancelled" | "requested" | "ended"> {
    const place = `api/v1/tasks/${taskId}?reason=${encodeURIComponent(reason)}`;
    const response = await this.#fetch(place, { method: "DELETE" }, answerTimeoutMs);
    if (response.status === 409) return "ended";
    if (!response.ok) throw await refusalOf(response);
    return response.status === 202 ? "requested" : "cancelled";
  }

  /** One file of a task's result. */
  async file(taskId: string, name: string): Promise<Uint8Array> {
    const response = await this.#fetch(`api/v1/tasks/${taskId}/files/${name}`, {}, fileTimeoutMs);
    if (!response.ok) throw await refusalOf(response);
    return this.#body(response);
  }

  async #submitTo(
    path: string,
    body: FormData,
    more: Readonly<Record<string, string>>,
  ): Promise<string> {
    const headers = { prefer: "respond-async", ...more };
    const response = await this.#fetch(path, { method: "POST", body, headers }, submitTimeoutMs);
    if (!response.ok) throw await refusalOf(response);
    const taskId = response.headers.get("x-troupe-task");
    await response.arrayBuffer().catch(() => undefined);
    if (taskId !== null) return taskId;
    throw new Failure("invalid", `${this.url} does not answer like a gateway of Troupe`);
  }

  async #repairedIn(response: Response, startedMs: number): Promise<Repaired> {
    const length = numberOf(response, "content-length");
    if (length !== null && length > limits.payloadBytesMax) {
      throw new Failure("too_large", `the answer has ${length} bytes, which is not taken`);
    }
    const bytes = await this.#body(response);
    const { headers } = response;
    return {
      bytes,
      contentType: headers.get("content-type") ?? "application/octet-stream",
      figures: {
        task: headers.get("x-troupe-task"),
        node: headers.get("x-troupe-node"),
        attempt: numberOf(response, "x-troupe-attempt"),
        queueMs: numberOf(response, "x-troupe-queue-ms"),
        runMs: numberOf(response, "x-troupe-run-ms"),
        totalMs: Math.round(performance.now() - startedMs),
      },
    };
  }

  /** Waits until a repair can be done. Fails with `unavailable`, saying what was missing last. */
  async untilReady(timeoutMs: number): Promise<void> {
    const deadlineMs = performance.now() + timeoutMs;
    for (;;) {
      const missing = await this.#missing();
      if (missing === undefined) return;
      if (performance.now() >= deadlineMs) {
        throw new Failure("unavailable", `not ready after ${timeoutMs} ms: ${missing}`);
      }
      await new Promise((resolve) => setTimeout(resolve, pollMs));
    }
  }

  async #missing(): Promise<string | undefined> {
    try {
      const response = await this.#fetch("readyz", {}, answerTimeoutMs);
      const text = await response.text();
      return response.ok ? undefined : text.trim().slice(0, toldCharactersMax);
    } catch (cause) {
      return Failure.of(cause).detail;
    }
  }

  async #body(response: Response): Promise<Uint8Array> {
    const bytes = await response.arrayBuffer().catch((cause: unknown) => {
      throw new Failure("unavailable", `${this.url} broke off its answer: try again`, cause);
    });
    return new Uint8Array(bytes);
  }

  async #fetch(path: string, request: RequestInit, timeoutMs: number): Promise<Response> {
    const url = new URL(path, this.#base.href.endsWith("/") ? this.#base : `${this.#base.href}/`);
    try {
      const late = AbortSignal.timeout(timeoutMs);
      const signal = request.signal ? AbortSignal.any([late, request.signal]) : late;
      return await fetch(url, { ...request, signal });
    } catch (cause) {
      throw this.#explain(cause, timeoutMs);
    }
  }

  #explain(cause: unknown, timeoutMs: number): Failure {
    const error = cause instanceof Error ? cause : new Error(String(cause));
    if (error.name === "TimeoutError") {
      return new Failure("timeout", `${this.url} did not answer within ${timeoutMs} ms`, cause);
    }
    const reason = error.cause instanceof Error ? error.cause : error;
    const code = "code" in reason ? reason.code : undefined;
    if (code === "ECONNREFUSED") {
      const remedy = "start a cluster with troupe up FILE, or name another one with --url";
      return new Failure("unavailable", `nobody listens at ${this.url}: ${remedy}`, cause);
    }
    return new Failure("unavailable", `cannot reach ${this.url}: ${reason.message}`, cause);
  }
}

const isTaken = Compile(
  Type.Object({ taskId: Type.String(), task: Type.String(), isReplay: Type.Boolean() }),
);

function repairForm(image: Picture, mask: Picture): FormData {
  const form = new FormData();
  form.append("image", new Blob([image.bytes]), image.name);
  form.append("mask", new Blob([mask.bytes]), mask.name);
  return form;
}

function numberOf(response: Response, header: string): number | null {
  const text = response.headers.get(header);
  const value = text === null || text === "" ? Number.NaN : Number(text);
  return Number.isFinite(value) ? value : null;
}
