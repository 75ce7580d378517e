import { allPromises } from "../contract/promises.ts";
import { sqliteFixture } from "./sqlite-contract-fixture.ts";

allPromises(sqliteFixture);
