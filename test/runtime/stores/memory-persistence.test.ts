import { MemoryPersistence } from "#runtime/stores/memory-persistence.ts";
import { storeContract } from "./store-contract.ts";

storeContract("memory", async () => new MemoryPersistence());
