// What GET_NODE_STATUS tells: all that is known of the node, or as much as fits. Pure.
//
// Of what does not fit, the longest list is cut to its half, again and again; `omitted` says how much of
// which list was left out. Of the models' files those with something wrong stay longest.
import type { NodeCapabilities } from "#protocols/tasks/capability.ts";
import type { ControlResponse } from "#protocols/tasks/control.ts";
import type { NodeView } from "#protocols/tasks/node.ts";

const lists = ["modelFiles", "models", "skills", "tags", "gpus"] as const;
type ListName = (typeof lists)[number];

export function statusResponse(view: NodeView, lengthMax: number): ControlResponse {
  const whole = { ...view };
  if (lengthOf(whole) <= lengthMax) return whole;
  const { modelFiles } = view.capabilities;
  const sorted = [...modelFiles].sort((a, b) => placeOf(a.standing) - placeOf(b.standing));
  let kept: NodeCapabilities = { ...view.capabilities, modelFiles: sorted };
  for (;;) {
    const response = { ...view, capabilities: kept, omitted: omitted(view.capabilities, kept) };
    const longest = longestIn(kept);
    if (lengthOf(response) <= lengthMax || kept[longest].length === 0) return response;
    kept = { ...kept, [longest]: kept[longest].slice(0, Math.floor(kept[longest].length / 2)) };
  }
}

const lengthOf = (value: unknown): number => JSON.stringify(value).length;

const placeOf = (standing: NodeCapabilities["modelFiles"][number]["standing"]): number =>
  ["broken", "unverified", "verified"].indexOf(standing);

const longestIn = (has: NodeCapabilities): ListName =>
  lists.reduce((longest, name) => (lengthOf(has[name]) > lengthOf(has[longest]) ? name : longest));

const omitted = (has: NodeCapabilities, kept: NodeCapabilities): Readonly<Record<string, number>> =>
  Object.fromEntries(
    lists.flatMap((name) => {
      const count = has[name].length - kept[name].length;
      return count > 0 ? [[name, count]] : [];
    }),
  );
