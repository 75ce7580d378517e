// Topologies with one mistake each in their skills, and what the loader is to say about them.
import { changedSample, type Mistake, validSample } from "./topology-mistakes.ts";

const withSkills = (...lines: readonly string[]): string =>
  [`${validSample}skills:`, ...lines.map((line) => `  - ${line}`), ""].join("\n");
const withLevel = (level: string): string =>
  changedSample(
    "    roles: [worker]",
    `    roles: [worker]\n    settings: { skills: [plain, { skill: ocr, level: ${level} }] }`,
  );

export const skillMistakes: readonly Mistake[] = [
  {
    name: "two skills of one name",
    text: withSkills("{ name: a }", "{ name: a }"),
    expect: [["17:13", "skills[1].name", /a is the name of an earlier skill/, /rename/]],
  },
  {
    name: "a skill that rests on none that there is",
    text: withSkills("{ name: a }", "{ name: b, dependsOn: [a, c] }"),
    expect: [["17:31", "skills[1].dependsOn[1]", /no skill c, on which b/, /add c .+ a, b/]],
  },
  {
    name: "skills that rest on one another in a ring, told once",
    text: withSkills(
      "{ name: free }",
      "{ name: a, dependsOn: [b] }",
      "{ name: b, dependsOn: [c, free] }",
      "{ name: c, dependsOn: [a] }",
    ),
    expect: [["17:27", "skills[1].dependsOn", /a rests on itself: a -> b -> c -> a/, /leave out/]],
  },
  {
    name: "a skill that rests on itself",
    text: withSkills("{ name: a, dependsOn: [a] }"),
    expect: [["16:27", "skills[0].dependsOn", /a rests on itself: a -> a/, /leave out/]],
  },
  {
    name: "a level above the best",
    text: withLevel("3"),
    expect: [
      [
        "15:54",
        "nodes[1].settings.skills[1].level",
        /3 is no level of the skill ocr/,
        /from 0 to 1/,
      ],
    ],
  },
  {
    name: "a skill that is neither a name nor has a level",
    text: changedSample(
      "    roles: [worker]",
      "    roles: [worker]\n    settings: { skills: [5] }",
    ),
    expect: [["15:26", "nodes[1].settings.skills[0]", /is 5/, /a skill's name, or .+ level: 0.5/]],
  },
  {
    name: "a level below none",
    text: withLevel("-0.5"),
    expect: [
      ["15:54", "nodes[1].settings.skills[1].level", /-0.5 is no level of the skill ocr/, /0 to 1/],
    ],
  },
];
