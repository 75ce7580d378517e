import { memoryFixture } from "./memory-fixture.ts";
import { allPromises } from "./promises.ts";

allPromises(memoryFixture);
