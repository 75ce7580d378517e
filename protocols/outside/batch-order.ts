// Many tasks in one request: what they have in common is said once, as in the order of a task; what each
// has of its own stands in a list. The files come beside it in a form, and may be used by several items.
import Type, { type Static } from "typebox";
import { limits } from "../limits.ts";
import { TaskOrder } from "./task-order.ts";

const closed = { additionalProperties: false } as const;
const Name = Type.String({ minLength: 1, maxLength: 64 });
const { inputs: _inputs, steps: _steps, name, description, ...common } = TaskOrder.properties;

const BatchItem = Type.Object(
  {
    /** By the name of an input: the name of the part that it is. */
    files: Type.Record(Name, Name, { maxProperties: 8 }),
    /** Over those of the batch. */
    parameters: common.parameters,
    metadata: common.metadata,
    name,
    description,
  },
  closed,
);
export type BatchItem = Readonly<Static<typeof BatchItem>>;

export const BatchOrder = Type.Object(
  {
    ...common,
    items: Type.Array(BatchItem, { minItems: 1, maxItems: limits.batchItemsMax }),
  },
  closed,
);
export type BatchOrder = Readonly<Static<typeof BatchOrder>>;
