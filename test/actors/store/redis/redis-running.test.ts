import { allPromises } from "../contract/promises.ts";
import { redisFixture } from "./redis-fixture.ts";

allPromises(redisFixture({ clock: "running" }));
