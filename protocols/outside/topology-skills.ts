// The parts of the topology file about skills: the register of those that rest on others, and how well a
// worker has which.
import Type, { type Static } from "typebox";
import { storeLimits } from "../store-limits.ts";
import { word } from "../tasks/queue-rules.ts";

/** Skills of one topology. More: the file is refused. */
export const skillDocumentsMax = 256;

const closed = { additionalProperties: false } as const;

export const SkillDocument = Type.Object(
  {
    name: word("Name of the skill, as tasks require it."),
    description: Type.Optional(
      Type.String({ description: "What it is, for people.", maxLength: 4_096 }),
    ),
    version: Type.Optional(word("Of what it means, for people: tasks do not ask for it.")),
    dependsOn: Type.Optional(
      Type.Array(word("Another skill of this list."), {
        description: "Who lacks one of these is taken not to have it. Default: nothing.",
        minItems: 1,
        maxItems: 32,
      }),
    ),
  },
  { ...closed, description: "A skill, and what it rests on." },
);
export type SkillDocument = Readonly<Static<typeof SkillDocument>>;

export const SkillDocuments = Type.Array(SkillDocument, {
  description: "Skills that rest on others. Those that rest on nothing need not be here.",
  minItems: 1,
  maxItems: skillDocumentsMax,
});

/** `skill-check.ts` says what is wrong with a level, by the name of its skill. */
export const HeldSkillDocuments = Type.Array(
  Type.Union(
    [
      word("A skill that it has in full."),
      Type.Object(
        {
          skill: word("Name of the skill."),
          level: Type.Number({ description: "How well, from 0 to 1." }),
        },
        { ...closed, description: "A skill, and how well it has it." },
      ),
    ],
    { description: "a skill's name, or { skill: NAME, level: 0.5 }" },
  ),
  {
    description: "What it can do, beside its models. Default: nothing.",
    minItems: 1,
    maxItems: storeLimits.nodeSkillsMax / 2,
  },
);
