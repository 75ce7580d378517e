// Pure. Which versions of a model are to be served, of those that there are.
import Type, { type Static } from "typebox";

const versionsMax = 64;
const Version = Type.Integer({ minimum: 1, maximum: 999_999_999 });

export const VersionPolicy = Type.Union([
  Type.Object(
    { kind: Type.Literal("latest"), count: Type.Integer({ minimum: 1, maximum: versionsMax }) },
    { additionalProperties: false },
  ),
  Type.Object(
    {
      kind: Type.Literal("specific"),
      versions: Type.Array(Version, { minItems: 1, maxItems: versionsMax, uniqueItems: true }),
    },
    { additionalProperties: false },
  ),
  Type.Object({ kind: Type.Literal("all") }, { additionalProperties: false }),
]);
export type VersionPolicy = Readonly<Static<typeof VersionPolicy>>;

export const versionPolicyDefault: VersionPolicy = { kind: "latest", count: 1 };

/**
 * Those that a policy may choose. One that is being copied is none yet, so that the one before it is served
 * meanwhile; unless it was there before and serves, or there is no other, which is to be told.
 */
export function presentVersions(
  found: readonly { readonly version: number; readonly isPending?: true }[],
  isServed: (version: number) => boolean,
): readonly number[] {
  const whole = found.filter(({ version, isPending }) => !isPending || isServed(version));
  return (whole.length > 0 ? whole : found).map(({ version }) => version);
}

/** Ascending. A specific version is chosen whether it is there or not: that it is missing is told. */
export function chosenVersions(
  policy: VersionPolicy,
  present: readonly number[],
): readonly number[] {
  const ascending = [...new Set(present)].sort((a, b) => a - b);
  switch (policy.kind) {
    case "latest":
      return ascending.slice(-policy.count);
    case "specific":
      return [...policy.versions].sort((a, b) => a - b);
    case "all":
      return ascending.slice(-versionsMax);
    default:
      return policy satisfies never;
  }
}

/** As people write it: `latest 1`, `specific 1, 3`, `all`. */
export function policyText(policy: VersionPolicy = versionPolicyDefault): string {
  if (policy.kind === "latest") return `latest ${policy.count}`;
  return policy.kind === "specific" ? `specific ${policy.versions.join(", ")}` : "all";
}
