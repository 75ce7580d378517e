import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { ModelNames, type NameTerms } from "#actors/inference/repository/model-names.ts";

function namesAfter(...terms: readonly Partial<NameTerms>[]): ModelNames {
  const names = new ModelNames();
  for (const one of terms) names.follow({ aliases: {}, wanted: [], ready: [], ...one });
  return names;
}

describe("the name alone", () => {
  it("means the highest wanted version that is ready, else the highest that is", () => {
    assert.equal(namesAfter({ wanted: [1], ready: [1, 2] }).versionOf(undefined), 1);
    assert.equal(namesAfter({ wanted: [3], ready: [1, 2] }).versionOf(undefined), 2);
    assert.equal(namesAfter({ wanted: [3] }).versionOf(undefined), undefined);
  });

  it("stays with what it meant, and not with what an alias alone keeps", () => {
    const ready = [1, 2];
    const names = namesAfter({ wanted: [1], ready }, { wanted: [3], ready });
    assert.equal(names.versionOf(undefined), 1);
    assert.deepEqual(names.kept, [1]);
  });
});

describe("an alias", () => {
  const stable = (version: number): Pick<NameTerms, "aliases"> => ({
    aliases: { stable: version },
  });

  it("means what it is to mean when that is ready, and what it meant last until then", () => {
    const terms = { wanted: [1, 2], ready: [1] };
    const names = namesAfter({ ...stable(1), ...terms }, { ...stable(2), ...terms });
    assert.equal(names.versionOf("stable"), 1);
    assert.deepEqual([names.aliasesOf(1), names.aliasesOf(2)], [["stable"], []]);
    assert.deepEqual(names.kept, [1]);
    assert.deepEqual(names.notesOn(1), ["the alias stable means it until version 2 is ready"]);
    names.follow({ ...stable(2), wanted: [1, 2], ready: [1, 2] });
    assert.equal(names.versionOf("stable"), 2);
    assert.deepEqual([names.kept, names.notesOn(1), names.notesOn(2)], [[], [], []]);
  });

  it("that was never ready means nothing, and is shown where it is to be", () => {
    const names = namesAfter({ ...stable(2), wanted: [1, 2], ready: [1] });
    assert.equal(names.versionOf("stable"), undefined);
    assert.deepEqual([names.aliasesOf(1), names.aliasesOf(2)], [[], ["stable"]]);
  });

  it("that is taken away is gone at once, and begins anew when it comes back", () => {
    const terms = { wanted: [1, 2], ready: [1] };
    const names = namesAfter({ ...stable(1), ...terms }, terms, { ...stable(2), ...terms });
    assert.equal(names.versionOf("stable"), undefined);
  });

  it("keeps no version but while it waits for another", () => {
    const names = namesAfter({ ...stable(1), wanted: [1], ready: [1] });
    names.follow({ ...stable(1), wanted: [2], ready: [1, 2] });
    assert.deepEqual(names.kept, []);
  });
});
