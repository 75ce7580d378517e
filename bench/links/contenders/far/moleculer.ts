// The service of the other broker.
import { farDetail, sayAddress } from "../../far-process.ts";
import type { Item } from "../../item.ts";
import { startBroker } from "../../moleculer-broker.ts";

let count = 0;
await startBroker("far", farDetail, {
  name: "far",
  events: {
    "bench.item": () => {
      count += 1;
    },
  },
  actions: {
    next: ({ params }: { readonly params: Item }) => params.id + 1,
    taken: () => {
      const taken = count;
      count = 0;
      return taken;
    },
  },
});
sayAddress("far");
