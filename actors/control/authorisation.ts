// Who may issue what. Pure: scopes in, yes or a refusal out.
import { Failure } from "#protocols/failure.ts";
import type { ControlScope } from "#protocols/tasks/control-commands.ts";
import { controlScopes } from "#protocols/tasks/control-commands.ts";

/** What each scope of a key includes. */
const included: Readonly<Record<ControlScope, readonly ControlScope[]>> = {
  read: ["read"],
  cancel: ["cancel"],
  control: ["read", "cancel", "control"],
  admin: controlScopes,
};

export const mayIssue = (scopes: readonly ControlScope[], needed: ControlScope): boolean =>
  scopes.some((scope) => included[scope].includes(needed));

/** Of all words that a key bears, those that mean something here. */
export const controlScopesOf = (scopes: readonly string[]): readonly ControlScope[] =>
  controlScopes.filter((scope) => scopes.includes(scope));

/** What to say to one who may not; who asks from inside has no key, but says his scopes himself. */
export function forbidden(what: string, scopes: readonly ControlScope[], needed: ControlScope) {
  const holders = controlScopes.filter((scope) => included[scope].includes(needed));
  const has = scopes.length === 0 ? "none of the control channel's" : scopes.join(", ");
  return new Failure(
    "forbidden",
    `${what} needs the scope ${holders.join(" or ")}, of the key or, for a client or an actor of the cluster, of its ` +
      `\`scopes\`; yours are ${has}`,
  );
}
