// Random histories of a directory, what each step comes to, and what is left: with revisions as their
// ranks, since where they begin is each directory's own.
import fc from "fast-check";
import { Failure } from "#protocols/failure.ts";
import type { Directory } from "#runtime/cluster/directory/directory.ts";

export type Step =
  | { readonly kind: "open"; readonly name: string; readonly life: number; readonly gone: boolean }
  | { readonly kind: "renew" | "close"; readonly name: string; readonly life: number }
  | {
      readonly kind: "put";
      readonly key: string;
      readonly value: number;
      readonly owner: { readonly name: string; readonly incarnation: number } | undefined;
      readonly expect: "absent" | "any" | "present";
    }
  | { readonly kind: "remove"; readonly key: string; readonly expect: "any" | "present" | "stale" }
  | { readonly kind: "pass"; readonly ms: number }
  | { readonly kind: "restart" };

const name = fc.constantFrom("a", "b");
const life = fc.integer({ min: 1, max: 4 });
const key = fc.constantFrom("names/x", "names/y", "z");
export const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ kind: fc.constant("open" as const), name, life, gone: fc.boolean() }),
  fc.record({ kind: fc.constantFrom("renew" as const, "close" as const), name, life }),
  fc.record({
    kind: fc.constant("put" as const),
    key,
    value: fc.integer({ min: 0, max: 3 }),
    owner: fc.option(fc.record({ name, incarnation: life }), { nil: undefined }),
    expect: fc.constantFrom("absent" as const, "any" as const, "present" as const),
  }),
  fc.record({
    kind: fc.constant("remove" as const),
    key,
    expect: fc.constantFrom("any" as const, "present" as const, "stale" as const),
  }),
  fc.record({ kind: fc.constant("pass" as const), ms: fc.integer({ min: 1, max: 2_500 }) }),
  fc.constant({ kind: "restart" as const }),
);

/** What it came to: a word, or the code of its failure. */
export async function outcomeOf(
  directory: Directory,
  action: Step,
  ttlMs: number = 2_000,
): Promise<string> {
  try {
    switch (action.kind) {
      case "open": {
        const node = { name: action.name, incarnation: action.life };
        const predecessor = action.gone ? "gone" : "unknown";
        await directory.open({ node, ttlMs, record: null, predecessor });
        return "opened";
      }
      case "renew":
        await directory.renew(
          { name: action.name, incarnation: action.life },
          { state: action.life % 2 },
        );
        return "renewed";
      case "close":
        await directory.close({ name: action.name, incarnation: action.life });
        return "closed";
      case "put": {
        const present = await directory.get(action.key);
        const expect = action.expect === "present" ? (present?.revision ?? 1) : action.expect;
        const session = action.owner === undefined ? {} : { session: action.owner };
        await directory.put({ key: action.key, value: action.value, expect, ...session });
        return "put";
      }
      case "remove": {
        const present = await directory.get(action.key);
        const stale = (present?.revision ?? 2) - 1;
        const expect =
          action.expect === "any" ? "any" : action.expect === "stale" ? stale : stale + 1;
        return `removed ${await directory.remove({ key: action.key, expect })}`;
      }
      default:
        return "";
    }
  } catch (error) {
    return Failure.of(error).code;
  }
}

export async function stateOf(directory: Directory): Promise<unknown> {
  const { entries } = await directory.list("");
  const ranks = [...new Set(entries.flatMap((each) => [each.revision, each.createdRevision]))].sort(
    (a, b) => a - b,
  );
  return entries.map(({ key: at, value, session, revision, createdRevision }) => [
    at,
    value,
    session ?? null,
    ranks.indexOf(revision),
    ranks.indexOf(createdRevision),
  ]);
}
