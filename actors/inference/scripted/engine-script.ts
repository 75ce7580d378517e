// Pure. What an engine that runs nothing does: how long it loads and runs, and what goes wrong when. Written as
// `script.json` in the folder of a version:
//
//   { "loadMs": 1000, "runMs": 100,
//     "runs": [ { "from": 3, "act": "crash" },
//               { "from": 5, "count": 2, "act": "fail", "code": "model_failed", "detail": "as written" } ] }
import Type, { type Static } from "typebox";
import { Compile } from "typebox/compile";
import { Failure } from "#protocols/failure.ts";
import { EngineRefusalCode, requestsMax } from "../engine-messages.ts";

const msMax = 86_400_000;
const Ms = Type.Integer({ minimum: 0, maximum: msMax });
const Detail = Type.String({ maxLength: 1_024 });

const ScriptedRuns = Type.Object(
  {
    /** The first of them; requests count from 1, anew with each engine. */
    from: Type.Integer({ minimum: 1, maximum: 1_000_000 }),
    /** How many in a row. Default: 1. */
    count: Type.Optional(Type.Integer({ minimum: 1, maximum: 1_000_000 })),
    /** `crash`: the engine ends with it. `hang`: it ends when the engine is ended for it. */
    act: Type.Union([
      Type.Literal("fail"),
      Type.Literal("crash"),
      Type.Literal("hang"),
      Type.Literal("wait"),
    ]),
    /** Of `fail`. Default: `model_failed`. */
    code: Type.Optional(EngineRefusalCode),
    detail: Type.Optional(Detail),
    /** Of `wait`: longer than `runMs` by so much. */
    ms: Type.Optional(Ms),
  },
  { additionalProperties: false },
);

/** `engine_lost`: its process ends meanwhile. */
const LoadFailureCode = Type.Union([EngineRefusalCode, Type.Literal("engine_lost")]);

const ScriptFile = Type.Object(
  {
    loadMs: Type.Optional(Ms),
    /** Of each request. */
    runMs: Type.Optional(Ms),
    /** Requests at a time. Default: 2. */
    requestsMax: Type.Optional(Type.Integer({ minimum: 1, maximum: requestsMax })),
    /** Every engine of this version fails when it has loaded so long. */
    unloadable: Type.Optional(
      Type.Object({ code: LoadFailureCode, detail: Detail }, { additionalProperties: false }),
    ),
    /** Each engine is lost so long after it was ready. */
    lostAfterMs: Type.Optional(Ms),
    runs: Type.Optional(Type.Array(ScriptedRuns, { maxItems: 64 })),
  },
  { additionalProperties: false },
);
const check = Compile(ScriptFile);

export type ScriptedRun = Readonly<Static<typeof ScriptedRuns>>;
export interface EngineScript {
  readonly loadMs: number;
  readonly runMs: number;
  readonly requestsMax: number;
  readonly unloadable: Readonly<Static<typeof ScriptFile>["unloadable"]> | undefined;
  readonly lostAfterMs: number | undefined;
  readonly runs: readonly ScriptedRun[];
}

/** Nothing goes wrong, and nothing takes time. */
export const plainScript: EngineScript = {
  ...{ loadMs: 0, runMs: 0, requestsMax: 2 },
  ...{ unloadable: undefined, lostAfterMs: undefined, runs: [] },
};

/** Fails with `model_failed`, naming the key. */
export function engineScriptIn(text: string, file: string): EngineScript {
  const script = parsed(text, file);
  if (check.Check(script)) return { ...plainScript, ...script };
  const first = check.Errors(script)[0];
  throw new Failure("model_failed", `${file}: ${first?.instancePath || "/"} ${first?.message}`);
}

/** What becomes of the request of this number; undefined: it is answered. */
export const actOn = ({ runs }: EngineScript, number: number): ScriptedRun | undefined =>
  runs.find(({ from, count = 1 }) => number >= from && number < from + count);

function parsed(text: string, file: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new Failure("model_failed", `${file} is not JSON: ${Failure.of(cause).detail}`, cause);
  }
}
