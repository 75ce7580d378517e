// What becomes of one request to an engine that follows a script: as a process would tell it. Where nothing goes
// wrong the answer is the first file of the request, as the `image`, with the version as a figure.

import { Failure } from "#protocols/failure.ts";
import { JoinedSignal } from "#runtime/core/joined-signal.ts";
import type { EngineOutcome, EngineTurn } from "../engine-request.ts";
import type { EngineModel } from "../engine-spec.ts";
import { actOn, type EngineScript } from "./engine-script.ts";

export interface ScriptedSurroundings {
  readonly script: EngineScript;
  /** Of the request, from 1. */
  readonly number: number;
  readonly model: EngineModel;
  /** Of a run; one that hangs is ended then. */
  readonly limitMs: number;
  /** Aborted when nobody waits for the answer. */
  readonly signal: AbortSignal;
  /** Aborted when the engine has ended. */
  readonly lost: AbortSignal;
  sleep(ms: number, signal: AbortSignal): Promise<void>;
  /** Ends the engine. */
  lose(detail: string): void;
}

export async function scriptedOutcome(
  turn: EngineTurn,
  surroundings: ScriptedSurroundings,
): Promise<EngineOutcome> {
  const { limitMs, lose, lost, model, number, script, signal, sleep } = surroundings;
  const told = actOn(script, number);
  const { act = "wait", ms = 0, code = "model_failed" } = told ?? {};
  const { detail = `request ${number} fails, as the script says` } = told ?? {};
  const takenMs = act === "hang" ? limitMs : script.runMs + ms;
  turn.told?.({ share: 0.1, message: "running" });
  const either = new JoinedSignal([signal, lost]);
  try {
    await sleep(takenMs, either.signal);
  } catch (cause) {
    if (signal.aborted) throw cause;
    return { kind: "suspected", detail: "its engine has ended" };
  } finally {
    either.release();
  }
  switch (act) {
    case "wait":
      return answer(turn, { model, inferMs: takenMs });
    case "fail":
      throw new Failure(code, detail);
    case "crash":
      lose(detail);
      if (!turn.isAlone) return { kind: "suspected", detail };
      throw new Failure("model_failed", `its engine ended when it ran alone: ${detail}`);
    case "hang":
      lose(detail);
      throw new Failure("timeout", `a run took more than ${limitMs} ms; its engine was ended`);
    default:
      return act satisfies never;
  }
}

function answer(
  { files: [file] }: EngineTurn,
  { model, inferMs }: { readonly model: EngineModel; readonly inferMs: number },
): EngineOutcome {
  const times = { decodeMs: 0, inferMs, encodeMs: 0, runs: [{ items: 1, ms: inferMs }] };
  const bytes = file?.bytes ?? new Uint8Array();
  const files = [{ name: "image", contentType: "application/octet-stream", bytes }];
  return { kind: "done", reply: { files, figures: { version: model.version ?? 1 }, times } };
}
