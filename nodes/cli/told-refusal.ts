// How the gateway's own routes explain what they refuse: `{ "error": { "code", "detail" } }`.
import Type from "typebox";
import { Compile } from "typebox/compile";

const isRefusal = Compile(Type.Object({ error: Type.Object({ detail: Type.String() }) }));

/** In the body of such an answer; undefined: it is another one. */
export function detailIn(body: string): string | undefined {
  try {
    const value: unknown = JSON.parse(body);
    return isRefusal.Check(value) ? value.error.detail : undefined;
  } catch {
    return undefined;
  }
}
