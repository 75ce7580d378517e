// Mistakes in `repository`.
import { type Mistake, validSample } from "./topology-mistakes.ts";

export const repositoryMistakes: readonly Mistake[] = [
  {
    name: "a mode that there is not",
    text: `${validSample}repository: { mode: watch }\n`,
    expect: [["15:21", "repository.mode", /watch/, /poll/]],
  },
  {
    name: "models to load where all are, and a pace where nobody looks",
    text: `${validSample}repository: { load: [m], pollMs: 500 }\n`,
    expect: [
      ["15:15", "repository.load", /no effect in mode none/, /write mode: explicit/],
      ["15:26", "repository.pollMs", /no effect in mode none/, /write mode: poll/],
    ],
  },
  {
    name: "a repository that is not there",
    text: `${validSample}repository: { mode: poll, path: nowhere }\n`,
    expect: [["15:33", "repository.path", /there is no folder .*nowhere/, /make it/]],
  },
];
