// The machine under a worker, and what a task demands of one. Sizes are bytes.
import Type, { type Static } from "typebox";
import { Whole } from "./record-fields.ts";

/** What is left out is not demanded. */
export const MachineDemand = Type.Object({
  cores: Type.Optional(Type.Integer({ minimum: 1 })),
  memoryBytes: Type.Optional(Whole),
  diskBytes: Type.Optional(Whole),
  /** One GPU with so much memory; 0: any GPU. */
  gpuMemoryBytes: Type.Optional(Whole),
  platform: Type.Optional(Type.String({ minLength: 1, maxLength: 32 })),
  arch: Type.Optional(Type.String({ minLength: 1, maxLength: 32 })),
});
export type MachineDemand = Readonly<Static<typeof MachineDemand>>;

export const Machine = Type.Object({
  platform: Type.String({ maxLength: 32 }),
  arch: Type.String({ maxLength: 32 }),
  cores: Type.Integer({ minimum: 1 }),
  memoryBytes: Whole,
  diskBytes: Whole,
  gpus: Type.Array(Type.Object({ memoryBytes: Whole }), { maxItems: 64 }),
});
export interface Machine {
  readonly platform: string;
  readonly arch: string;
  readonly cores: number;
  readonly memoryBytes: number;
  readonly diskBytes: number;
  readonly gpus: readonly { readonly memoryBytes: number }[];
}

/** The part of a capability that is the machine. */
export const machineIn = (capability: Machine): Machine => ({
  platform: capability.platform,
  arch: capability.arch,
  cores: capability.cores,
  memoryBytes: capability.memoryBytes,
  diskBytes: capability.diskBytes,
  gpus: capability.gpus.map(({ memoryBytes }) => ({ memoryBytes })),
});

/** The least that meets both; of platforms and architectures the first one's word counts. */
export function bothDemands(one: MachineDemand, other: MachineDemand): MachineDemand {
  const most = (a: number | undefined, b: number | undefined): number | undefined =>
    a === undefined || b === undefined ? (a ?? b) : Math.max(a, b);
  return demandWithout({
    cores: most(one.cores, other.cores),
    memoryBytes: most(one.memoryBytes, other.memoryBytes),
    diskBytes: most(one.diskBytes, other.diskBytes),
    gpuMemoryBytes: most(one.gpuMemoryBytes, other.gpuMemoryBytes),
    platform: one.platform ?? other.platform,
    arch: one.arch ?? other.arch,
  });
}

type Loose = { readonly [Field in keyof MachineDemand]?: MachineDemand[Field] | undefined };

/** The same without what is not demanded, its fields in one order. */
export function demandWithout(demand: Loose): MachineDemand {
  const { cores, memoryBytes, diskBytes, gpuMemoryBytes, platform, arch } = demand;
  return {
    ...(cores === undefined ? {} : { cores }),
    ...(memoryBytes === undefined ? {} : { memoryBytes }),
    ...(diskBytes === undefined ? {} : { diskBytes }),
    ...(gpuMemoryBytes === undefined ? {} : { gpuMemoryBytes }),
    ...(platform === undefined ? {} : { platform }),
    ...(arch === undefined ? {} : { arch }),
  };
}

export const isUndemanding = (demand: MachineDemand): boolean => Object.keys(demand).length === 0;
