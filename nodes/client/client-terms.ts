// On which terms a process outside of the topology joins a cluster. Pure but for the name that is made up.
import { randomBytes } from "node:crypto";
import Type, { type Static } from "typebox";
import { Compile } from "typebox/compile";
import { namePattern } from "#protocols/address.ts";
import { clientLimits } from "#protocols/client-limits.ts";
import { Failure } from "#protocols/failure.ts";
import { ControlScopes } from "#protocols/tasks/control-commands.ts";
import { valueMisfit } from "#protocols/value-misfit.ts";
import type { Log } from "#runtime/core/ports.ts";

const Address = Type.String({ minLength: 1, maxLength: 512 });
const Name = Type.String({
  pattern: namePattern.source,
  description: "1 to 64 letters, digits and . _ $ -, the first of them a letter, a digit or $",
});
const CallMs = Type.Integer({ minimum: 1, maximum: clientLimits.callMsMax });

export const JoinTerms = Type.Object(
  {
    /** Where the director's links listen: the `bind` of that node in the topology. */
    director: Address,
    /** Its name in the topology. Default: `control`. */
    directorName: Type.Optional(Name),
    /** The cluster's name in its topology; another one is refused. Default: whichever is there. */
    cluster: Type.Optional(Type.String({ minLength: 1 })),
    /** Of this process among the nodes. Default: `client-` and 8 letters. */
    name: Type.Optional(Name),
    /** Where this process listens for the nodes. Default: `tcp://127.0.0.1:*`. */
    bind: Type.Optional(Address),
    /** The folder with this node's key and the registry, where the cluster's links have keys. */
    keys: Type.Optional(Type.String({ minLength: 1 })),
    /** `network`: without keys, and yet to nodes of other machines. Default: `machine`. */
    openTo: Type.Optional(Type.Enum(["machine", "network"])),
    /** Milliseconds until joining has failed. Default: 10 s. */
    joinWithinMs: Type.Optional(CallMs),
    /** Milliseconds until a call has failed. Default: 5 s. */
    callWithinMs: Type.Optional(CallMs),
    /** What the control channel is to let this process do. Default: `control`. */
    scopes: Type.Optional(ControlScopes),
  },
  { additionalProperties: false },
);

export type ClusterTerms = Readonly<Static<typeof JoinTerms>> & {
  /** Hears what happens to links and actors here. Default: nobody. */
  readonly log?: Log;
};

export type CheckedTerms = Required<Omit<ClusterTerms, "cluster" | "keys">> &
  Pick<ClusterTerms, "cluster" | "keys">;

const validator = Compile(JoinTerms);
const silent: Log = { write: () => {} };

/** Fails with `invalid` and what is wrong. */
export function checkedTerms({ log = silent, ...terms }: ClusterTerms): CheckedTerms {
  if (!validator.Check(terms)) {
    const known = Object.keys(JoinTerms.properties);
    const strange = Object.keys(terms).filter((name) => !known.includes(name));
    if (strange.length > 0) {
      const text = `there is no ${strange.join(", ")}; there are ${known.join(", ")} and log`;
      throw new Failure("invalid", text);
    }
    const detail = `${valueMisfit(validator.Errors(terms), terms, JoinTerms)}; see docs/client.md`;
    throw new Failure("invalid", detail);
  }
  const checked = {
    directorName: "control",
    name: `client-${randomBytes(4).toString("hex")}`,
    bind: "tcp://127.0.0.1:*",
    openTo: "machine" as const,
    joinWithinMs: clientLimits.joinMsDefault,
    callWithinMs: clientLimits.callMsDefault,
    scopes: ["control" as const],
    ...terms,
    log,
  };
  if (checked.name !== checked.directorName) return checked;
  const text = `${checked.name} is the director's name: give this process a name of its own`;
  throw new Failure("invalid", text);
}
