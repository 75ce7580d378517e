// Where the tasks are, as a topology says it: which words go with which kind of store. Pure.
import path from "node:path";
import type { StorePlace } from "#actors/store/open-backend.ts";
import type { Problem } from "#protocols/outside/problem.ts";
import type { TopologyDocument } from "#protocols/outside/topology.ts";

type StoreDocument = TopologyDocument["store"];

/** The word that says where a store of each kind is. */
const placeWords = { sqlite: "path", redis: "url", memory: undefined } as const;

const samples = { path: "path: data/tasks.sqlite", url: "url: redis://127.0.0.1:6379" } as const;

export function storeProblems(store: StoreDocument): readonly Problem[] {
  const wanted = placeWords[store.kind];
  const missing: readonly Problem[] =
    wanted !== undefined && store[wanted] === undefined
      ? [
          {
            ...{ path: ["store"], at: "key", remedy: `write ${samples[wanted]}` },
            message: `a store of kind ${store.kind} needs ${wanted}`,
          },
        ]
      : [];
  const surplus = (["path", "url"] as const).flatMap((word): readonly Problem[] =>
    word === wanted || store[word] === undefined
      ? []
      : [
          {
            ...{ path: ["store", word], at: "key", remedy: "remove it, or correct kind" },
            message: `a store of kind ${store.kind} has no ${word}`,
          },
        ],
  );
  return [...missing, ...surplus];
}

/** `folder`: that of the topology file. What `storeProblems` finds fault with has no place. */
export function storePlaceOf(
  { kind, path: file = "", url = "" }: StoreDocument,
  terms: { readonly folder: string; readonly cluster: string },
): StorePlace {
  switch (kind) {
    case "sqlite":
      return { kind, path: path.resolve(terms.folder, file) };
    case "redis":
      return { kind, url, namespace: terms.cluster };
    case "memory":
      return { kind };
    default:
      return kind satisfies never;
  }
}

/** Absolute: where nodes keep what is their own. */
export function dataFolderOf({ folder, path: file }: StoreDocument, from: string): string {
  if (folder !== undefined) return path.resolve(from, folder);
  return file === undefined ? path.resolve(from, "data") : path.dirname(path.resolve(from, file));
}
