// Who asks from outside: whoever bears a key, or, where keys are not asked for, whoever is on the machine.
import { createHash } from "node:crypto";
import { Failure } from "#protocols/failure.ts";
import type { ControlCaller } from "#protocols/tasks/control.ts";
import type { KeyVerified } from "#protocols/tasks/key-records.ts";
import { controlScopesOf } from "./authorisation.ts";
import type { Access } from "./endpoint-terms.ts";

/** Fails with `forbidden` for a key that is missing, unknown, revoked or expired. */
export async function callerOf(
  key: string | undefined,
  access: Access,
  verify: (hash: string) => Promise<KeyVerified>,
): Promise<ControlCaller> {
  if (key === undefined) {
    if (access === "machine") return { by: "machine", scopes: ["admin"] };
    const text = 'a key is needed: add "key" to the message, one that CREATE_KEY has made';
    throw new Failure("forbidden", text);
  }
  const hash = createHash("sha256").update(key).digest("hex");
  const verified = await verify(hash);
  if (verified.kind !== "valid") throw refusalOf(verified);
  const { keyId, scopes } = verified.key;
  return { by: `key ${keyId}`, scopes: controlScopesOf(scopes) };
}

function refusalOf(verified: Exclude<KeyVerified, { kind: "valid" }>): Failure {
  if (verified.kind === "unknown") return new Failure("forbidden", "this key is not known");
  return new Failure(
    "forbidden",
    `the key ${verified.keyId} is ${verified.kind}; ask for a new one`,
  );
}
