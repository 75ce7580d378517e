// The version of this product, as its package says it.
import { readFileSync } from "node:fs";
import Type from "typebox";
import { Compile } from "typebox/compile";
import { Failure } from "#protocols/failure.ts";

const packageCheck = Compile(Type.Object({ version: Type.String() }));

export function productVersion(): string {
  const value: unknown = JSON.parse(
    readFileSync(new URL("../../package.json", import.meta.url), "utf8"),
  );
  if (packageCheck.Check(value)) return value.version;
  throw new Failure("internal", "package.json has a version");
}
