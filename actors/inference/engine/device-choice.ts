// What a network runs on, of what the build of ONNX Runtime offers. Whether an offered provider can be used
// shows only when it is tried: its libraries are installed apart, and need the machine's driver.
//
//   cpu    processors
//   gpu    the first graphics provider that loads it; none: refused, with what the build offers
//   auto   the same, and processors when there is none, which is told
import { listSupportedBackends } from "onnxruntime-node";
import { Failure } from "#protocols/failure.ts";
import type { DeviceWish } from "../repository/model-settings.ts";

/** In this order. Others that a build may have are not used: their answers differ from these. */
const graphicsProviders = ["cuda", "dml"] as const;
export type Provider = "cpu" | (typeof graphicsProviders)[number];

export interface DeviceUse {
  /** The provider; `server` where another machine runs it. */
  readonly device: Provider | "server";
  /** Why it is not the graphics processor that was wished for. Else empty. */
  readonly reason: string;
}

export interface OfferedProvider {
  readonly name: string;
  /** Its libraries come with the package; those of others are installed apart. */
  readonly bundled: boolean;
}

export const providersOffered = (): readonly OfferedProvider[] => listSupportedBackends();

/** Fails with `model_failed`, and as `load` does where there is nothing else to try. */
export async function onDevice<T>(
  wish: DeviceWish,
  load: (provider: Provider) => Promise<T>,
  offered: readonly OfferedProvider[] = providersOffered(),
): Promise<{ readonly value: T; readonly use: DeviceUse }> {
  const onProcessors = async (reason: string) => ({
    value: await load("cpu"),
    use: { device: "cpu", reason } as const,
  });
  if (wish === "cpu") return onProcessors("");
  const reasons: string[] = [];
  for (const provider of graphicsProviders) {
    if (!offered.some(({ name }) => name === provider)) continue;
    try {
      return { value: await load(provider), use: { device: provider, reason: "" } };
    } catch (cause) {
      reasons.push(`${provider}: ${Failure.of(cause).detail}`);
    }
  }
  const why = [`this build of onnxruntime-node offers ${textOf(offered)}`, ...reasons].join("; ");
  if (wish === "auto") return onProcessors(`no graphics processor could be used: ${why}`);
  const remedy = "install its libraries and driver, or set device to auto or cpu";
  throw new Failure("model_failed", `device gpu cannot be used: ${why}: ${remedy}`);
}

const textOf = (offered: readonly OfferedProvider[]): string =>
  offered.map(({ name, bundled }) => (bundled ? name : `${name} (not bundled)`)).join(", ") ||
  "nothing";
