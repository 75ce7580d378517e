// Who lives at a path.
import { Cell } from "./cell.ts";

/** Below the root, by names from it downwards; undefined when nobody does. */
export function actorAt(root: Cell, path: string): Cell | undefined {
  let at: Cell | undefined = root;
  for (const name of path.split("/")) {
    if (name === "") continue;
    const child: unknown = at?.household?.familyIfAny?.find(name);
    at = child instanceof Cell ? child : undefined;
  }
  return at;
}
