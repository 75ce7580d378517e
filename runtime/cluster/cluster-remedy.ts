// What to do where a service of the cluster is missing: only nodes that were started as such have them.

export const clusterRemedy =
  "startSystem provides it to the actors of a node, and not to those in threads: let an actor outside do it, and ask that one";
