// The capability file: what a node says of itself in the place of what it detects. These schemas are
// the one source of its form, as `topology.ts` is of a topology's.
import Type, { type Static } from "typebox";
import { storeLimits } from "../store-limits.ts";

/** Bytes of a capability file. Larger: it is refused with `topology_invalid`. */
export const capabilityFileBytesMax = 64 * 1024;

const closed = { additionalProperties: false } as const;
const text = (description: string, maxLength: number) =>
  Type.String({ description, minLength: 1, maxLength });
const bytes = (description: string) =>
  Type.Integer({ description, minimum: 0, maximum: Number.MAX_SAFE_INTEGER });

export const CapabilityDocument = Type.Object(
  {
    cores: Type.Optional(
      Type.Integer({ description: "Processors that tasks may use.", minimum: 1, maximum: 4_096 }),
    ),
    memoryBytes: Type.Optional(bytes("Bytes of memory that the node may use.")),
    diskBytes: Type.Optional(bytes("Bytes of the disk that holds the node's data.")),
    gpus: Type.Optional(
      Type.Array(
        Type.Object(
          {
            vendor: Type.Enum(["nvidia", "amd", "other"], { description: "Who made it." }),
            name: text("What its maker calls it.", 255),
            memoryBytes: bytes("Bytes of its own memory."),
            driver: Type.Optional(text("Version of its driver.", 64)),
          },
          { ...closed, description: "A graphics processor." },
        ),
        { description: "Graphics processors; [] for none.", maxItems: 64 },
      ),
    ),
    models: Type.Optional(
      Type.Array(text("Name of one of the cluster's models.", 64), {
        description: "Those of the cluster's models that the node loads.",
        minItems: 1,
        maxItems: 256,
      }),
    ),
    skills: Type.Optional(
      Type.Array(
        Type.Object(
          {
            skill: text("Name of the skill, as tasks require it.", 64),
            level: Type.Optional(
              Type.Number({ description: "How well. Default: 1.", minimum: 0, maximum: 1 }),
            ),
          },
          { ...closed, description: "Something that the node can do." },
        ),
        { description: "What the node can do.", maxItems: storeLimits.nodeSkillsMax / 2 },
      ),
    ),
    tags: Type.Optional(
      Type.Array(text("What tasks that are better there name.", 64), {
        description: "What the node is near to.",
        maxItems: 64,
      }),
    ),
  },
  { ...closed, title: "Troupe capability", description: "What a node can do." },
);
export type CapabilityDocument = Readonly<Static<typeof CapabilityDocument>>;
