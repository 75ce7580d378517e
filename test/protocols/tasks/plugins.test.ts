import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { modelsFor, pluginOf, pluginOrder, plugins } from "#protocols/tasks/plugins.ts";

const file = (name: string) => ({ name, contentType: "image/png", bytes: Uint8Array.of(1) });

describe("plugins", () => {
  it("have the names and the order of the original, each its files and fields", () => {
    const told = plugins.map(({ name, kind, files, fields }) => [name, kind, ...files, ...fields]);
    assert.deepEqual(told, [
      ["InteractiveSeg", "segment-by-clicks", "image", "clicks"],
      ["RemoveBG", "remove-background", "image"],
      ["AnimeSeg", "anime-segment", "image"],
      ["RealESRGAN", "upscale", "image", "upscale"],
      ["GFPGAN", "restore-face", "image"],
      ["RestoreFormer", "restore-face", "image"],
      ["MakeGIF", "make-gif", "image", "clean"],
    ]);
    assert.throws(() => pluginOf("removebg"), {
      code: "not_found",
      detail: /only InteractiveSeg, /,
    });
  });

  it("are offered by models of their kind that are ready and run by their name", () => {
    const ready = { state: "READY", isDefault: true };
    const models = [
      { name: "u2net", kind: "remove-background", ...ready },
      { name: "isnet", kind: "remove-background", ...ready },
      // On another node.
      { name: "isnet", kind: "remove-background", ...ready },
      { name: "silueta", kind: "remove-background", state: "LOADING", isDefault: true },
      { name: "u2netp", kind: "remove-background", state: "READY", isDefault: false },
      { name: "GFPGANv1.4", kind: "restore-face", ...ready },
      { name: "old", state: "READY", isDefault: true },
    ];
    assert.deepEqual(modelsFor(pluginOf("RemoveBG"), models), ["isnet", "u2net"]);
    assert.deepEqual(modelsFor(pluginOf("GFPGAN"), models), ["GFPGANv1.4"]);
    assert.deepEqual(modelsFor(pluginOf("RestoreFormer"), models), []);
    assert.deepEqual(modelsFor(pluginOf("MakeGIF"), models), []);
  });

  it("become orders with what they need and nothing else", () => {
    const fields = { upscale: "2.5", clicks: "[[1,2,1]]", sdSeed: "7" };
    const files = [file("image"), file("clean")];
    const order = (name: string) => pluginOrder(pluginOf(name), { model: "m", files, fields });
    const [image, clean] = files;
    assert.deepEqual(order("RealESRGAN"), {
      ...{ type: "upscale", model: "m", parameters: { upscale: 2.5 }, inputs: [image] },
    });
    assert.deepEqual(order("InteractiveSeg").parameters, { clicks: "[[1,2,1]]" });
    assert.deepEqual(order("MakeGIF").inputs, [image, clean]);
  });

  it("are refused by the name of what is missing or no number", () => {
    const refused = (name: string, given: string[], fields: Record<string, string> = {}) => {
      const asked = { model: "m", files: given.map(file), fields };
      return () => pluginOrder(pluginOf(name), asked);
    };
    const cases: [act: () => unknown, detail: RegExp][] = [
      [refused("RemoveBG", ["clean"]), /^RemoveBG needs a file image$/],
      [refused("MakeGIF", ["image"]), /^MakeGIF needs a file clean$/],
      [refused("RealESRGAN", ["image"]), /^RealESRGAN needs the field upscale$/],
      [refused("RealESRGAN", ["image"], { upscale: " " }), /^upscale is " "; write a number/],
      [refused("RealESRGAN", ["image"], { upscale: "two" }), /^upscale is "two"; write a number/],
      [refused("InteractiveSeg", ["image"]), /^InteractiveSeg needs the field clicks$/],
    ];
    for (const [act, detail] of cases) assert.throws(act, { code: "invalid", detail });
  });
});
