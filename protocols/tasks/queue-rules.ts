// The rules of a queue: which tasks it takes, how many may wait, how fast and how long. One list for the
// topology's file and for UPDATE_CONFIG, so that whatever can be set can be set while the cluster runs.
import Type, { type Static } from "typebox";
import { storeLimits } from "../store-limits.ts";
import { FairWeights } from "./fair-weights.ts";
import type { QueueSettings } from "./queue-view.ts";
import type { QueueTerms } from "./resource-demand.ts";
import { ClassRetries } from "./task-failure.ts";

const closed = { additionalProperties: false } as const;
const daysMsMax = 400 * 24 * 3_600_000;

export const word = (description: string) =>
  Type.String({ description, minLength: 1, maxLength: 64 });
export const words = (description: string) =>
  Type.Array(word("One of them."), { description, minItems: 1, maxItems: 64 });
const whole = (description: string, { least, most }: { least: number; most: number }) =>
  Type.Integer({ description, minimum: least, maximum: most });
const delay = (description: string) => whole(description, { least: 0, most: daysMsMax });
const time = (description: string) => whole(description, { least: 1, most: daysMsMax });

const rate = (description: string) =>
  Type.Object(
    {
      perSecond: Type.Number({
        description: "Tasks handed out per second, over all workers.",
        minimum: 0.001,
        maximum: 100_000,
      }),
      burst: Type.Optional(
        whole("Tasks handed out at once after a pause. Default: 1.", { least: 1, most: 100_000 }),
      ),
    },
    { ...closed, description },
  );

const bytes = (description: string) =>
  Type.Integer({ description, minimum: 0, maximum: Number.MAX_SAFE_INTEGER });

export const MachineDemandDocument = Type.Object(
  {
    cores: Type.Optional(whole("Processors.", { least: 1, most: 4_096 })),
    memoryBytes: Type.Optional(bytes("Bytes of memory.")),
    diskBytes: Type.Optional(bytes("Bytes of the disk that holds the node's data.")),
    gpuMemoryBytes: Type.Optional(bytes("A GPU with so many bytes of memory; 0 for any GPU.")),
    platform: Type.Optional(
      Type.String({ description: "As Node says it: linux.", minLength: 1, maxLength: 32 }),
    ),
    arch: Type.Optional(
      Type.String({ description: "As Node says it: x64.", minLength: 1, maxLength: 32 }),
    ),
  },
  {
    ...closed,
    description: "What a machine must have to get such tasks. Default: anything will do.",
  },
);

export const queueRules = {
  types: Type.Optional(words("Types of tasks that it takes. Default: all.")),
  models: Type.Optional(words("Models whose tasks it takes. Default: all.")),
  pixelsMax: Type.Optional(
    whole("Largest picture that it takes, in pixels. Default: any.", {
      least: 1,
      most: 1_000_000_000,
    }),
  ),
  pendingMax: Type.Optional(
    whole("Tasks that may wait.", { least: 1, most: storeLimits.queuePendingSettingMax }),
  ),
  pendingBytesMax: Type.Optional(
    whole("Bytes of inputs that may wait.", { least: 1, most: Number.MAX_SAFE_INTEGER }),
  ),
  perUserMax: Type.Optional(
    whole("Tasks of one user that may wait.", {
      least: 1,
      most: storeLimits.queuePendingSettingMax,
    }),
  ),
  whenFull: Type.Optional(
    Type.Enum(["reject", "evict_lowest", "block"], {
      description:
        "Refuse the newcomer, let the least urgent give way, or let the newcomer wait for room. Default: reject.",
    }),
  ),
  agingMsPerLevel: Type.Optional(
    delay("Milliseconds by which a level of priority goes ahead. Default: 30000."),
  ),
  fairMs: Type.Optional(
    delay("Users take turns; a task of cost 1 puts its user back so far. Default: 0, no turns."),
  ),
  fairWeights: Type.Optional(FairWeights),
  leaseMs: Type.Optional(
    whole("Milliseconds that a worker may be silent. Default: 15000.", {
      least: 5_000,
      most: 86_400_000,
    }),
  ),
  retry: Type.Optional(
    Type.Object(
      {
        baseMs: delay("Before the first retry."),
        factor: Type.Number({ description: "Growth per retry.", minimum: 1, maximum: 10 }),
        capMs: delay("Ceiling of the delay."),
        jitter: Type.Enum(["full", "equal", "none"], {
          description: "How much of it is left to chance.",
        }),
        classes: Type.Optional(ClassRetries),
      },
      { ...closed, description: "How long to wait before a retry." },
    ),
  ),
  completedTtlMs: Type.Optional(time("Completed tasks are kept so long.")),
  failedTtlMs: Type.Optional(time("Tasks that ended otherwise are kept so long.")),
  keyRequired: Type.Optional(
    Type.Boolean({ description: "Refuse submissions without an idempotency key." }),
  ),
  rate: Type.Optional(rate("How fast tasks leave the queue. Those that wait keep their place.")),
  userRate: Type.Optional(rate("How fast the tasks of each user leave the queue.")),
  machine: Type.Optional(MachineDemandDocument),
};

const QueueRules = Type.Object(queueRules, closed);
export type QueueRules = Static<typeof QueueRules>;

/** The terms with what is said over them; what is not said stays. Pure. */
export function ruledBy<Terms extends QueueTerms>(terms: Terms, rules: SaidRules): Terms {
  const { types, models, pixelsMax, rate, userRate, machine, keyRequired, ...settings } = rules;
  return {
    ...terms,
    types: types ?? terms.types,
    models: models ?? terms.models,
    pixelsMax: pixelsMax ?? terms.pixelsMax,
    rate: rate === undefined ? terms.rate : { burst: 1, ...rate },
    userRate: userRate === undefined ? terms.userRate : { burst: 1, ...userRate },
    machine: machine ?? terms.machine,
    settings: {
      ...terms.settings,
      ...settings,
      ...(keyRequired === undefined ? {} : { isKeyRequired: keyRequired }),
    },
  };
}

/** Of a queue about which nothing is said. */
export const unruled = (settings: QueueSettings): QueueTerms => ({
  queue: settings.queue,
  ...{ types: null, models: null, pixelsMax: null, rate: null, userRate: null, machine: {} },
  settings,
});

/** In a running cluster a queue can be paused, too. */
type SaidRules = QueueRules & { readonly isPaused?: boolean };
