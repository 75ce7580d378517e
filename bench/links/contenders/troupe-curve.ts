// Troupe: two nodes, an actor on each, links with keys: CURVE, and each proves which node it is.
import { worksOf } from "../link-runtime.ts";
import { startTroupe } from "../troupe-pair.ts";

export const works = worksOf(() => startTroupe("curve"));
