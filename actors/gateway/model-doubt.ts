// Pure. Whether to wait for a model that no worker offers: one that is being loaded, or whose workers are
// still to come, may be waited for; a name that nobody knows would be waited for in vain.
import { Failure } from "#protocols/failure.ts";
import type { ModelIndexEntry } from "#protocols/tasks/model-repository.ts";

export interface ModelsKnown {
  /** Names that workers offer now, and the nodes that they are on. */
  readonly offered: readonly string[];
  readonly offering: readonly string[];
  /** Of the topology; undefined: it may be any. */
  readonly configured: readonly string[] | undefined;
  /** What the repositories of the worker nodes say; undefined: there is none to ask. */
  readonly told:
    | {
        readonly models: readonly (Pick<
          ModelIndexEntry,
          "name" | "state" | "reason" | "aliases"
        > & {
          readonly node: string;
        })[];
        /** Workers that did not say. */
        readonly silent: readonly { readonly node: string }[];
        /** Workers without a repository. */
        readonly own?: readonly { readonly node: string }[];
      }
    | undefined;
}

/** Why no worker will run it, in words for who asked; undefined: it is offered, or may come yet. */
export function modelRefusal(model: string, known: ModelsKnown): Failure | undefined {
  const { offered, offering, configured, told } = known;
  if (offered.includes(model) || told === undefined) return undefined;
  // A worker without a repository has said by its offer all that it has.
  const others = [...told.silent, ...(told.own ?? [])];
  if (others.some(({ node }) => !offering.includes(node))) return undefined;
  const [name = model, version] = model.split("@");
  const entries = told.models.filter((entry) => entry.name === name);
  // Names of versions would only lengthen the list, unless one of them is meant.
  const names = offered.filter((one) =>
    version === undefined ? !one.includes("@") : one.startsWith(`${name}@`),
  );
  const choice = `offered are: ${names.join(", ") || "none"}`;
  if (entries.length === 0) {
    if (configured?.includes(name)) return undefined;
    return new Failure("invalid", `there is no model ${model.slice(0, 64)}; ${choice}`);
  }
  if (entries.some(({ state }) => state === "LOADING")) return undefined;
  const ready = entries.filter(({ state }) => state === "READY");
  if (ready.length > 0) {
    const hasIt = ready.some(({ aliases }) => aliases.includes(model));
    if (version === undefined || hasIt) return undefined;
    const idle = entries.filter(({ aliases }) => aliases.includes(model));
    if (idle.length > 0) return notReady(model, idle, choice);
    const seen = `the model ${name} has no version or alias ${version.slice(0, 32)}`;
    return new Failure("invalid", `${seen}; ${choice}`);
  }
  return notReady(name, entries, choice);
}

type Entry = NonNullable<ModelsKnown["told"]>["models"][number];

function notReady(name: string, entries: readonly Entry[], choice: string): Failure {
  const why = entries.map(({ node, state, reason }) => `${node}: ${reason || state}`).join("; ");
  return new Failure("unavailable", `the model ${name} is not ready (${why}); ${choice}`);
}
