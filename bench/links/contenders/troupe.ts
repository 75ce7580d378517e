// Troupe: two nodes, an actor on each, links without keys.
import { worksOf } from "../link-runtime.ts";
import { startTroupe } from "../troupe-pair.ts";

export const works = worksOf(() => startTroupe("plain"));
