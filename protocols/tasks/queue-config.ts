// The layer of configuration that holds settings of queues: `scope` names the queue, the document says of
// it what is not to be as the topology's file has it.
import Type, { type Static } from "typebox";
import { storeLimits } from "../store-limits.ts";

export const queueConfigLayer = "queue";

const Count = Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER });
const Places = Type.Integer({ minimum: 1, maximum: storeLimits.queuePendingSettingMax });
const Ms = Type.Integer({ minimum: 0, maximum: 400 * 24 * 3_600_000 });

export const QueueConfig = Type.Object(
  {
    isPaused: Type.Optional(Type.Boolean()),
    pendingMax: Type.Optional(Places),
    pendingBytesMax: Type.Optional(Count),
    perUserMax: Type.Optional(Places),
    whenFull: Type.Optional(Type.Enum(["reject", "evict_lowest", "block"])),
    agingMsPerLevel: Type.Optional(Ms),
    fairMs: Type.Optional(Ms),
    leaseMs: Type.Optional(Type.Integer({ minimum: 1_000, maximum: 3_600_000 })),
    isKeyRequired: Type.Optional(Type.Boolean()),
  },
  { additionalProperties: false },
);
export type QueueConfig = Static<typeof QueueConfig>;
