// Passing a message on to another actor of the same protocol: the one place where it is done.
//
// The ask goes on with what is left of its deadline and with its caller's signal, and its answer
// comes back through the actor that passed it on. Its sender is who sent it to that one.
import type { AnyRef, CallOptions, Ref } from "#protocols/actor-ref.ts";
import { Failure } from "#protocols/failure.ts";
import type { Protocol } from "#protocols/protocol.ts";
import type { LocalActor } from "#runtime/core/cell-host.ts";
import { handleOf, type Sink } from "#runtime/core/ref.ts";

/** A message as any router sees it. */
export interface Call {
  readonly method: string;
  readonly args: readonly unknown[];
}

/** What is left of the ask in hand, for asks made on its behalf. */
export const termsOf = (ctx: {
  readonly remaining: number;
  readonly signal: AbortSignal;
}): CallOptions => ({ within: Math.max(0, ctx.remaining), signal: ctx.signal });

export function passTell(to: AnyRef, call: Call): void {
  invoke(passedOn(to) ?? to, call);
}

/** Never throws: what keeps the ask from being sent is its failure. */
export async function passAsk(to: AnyRef, call: Call, terms: CallOptions): Promise<unknown> {
  const target = passedOn(to, terms);
  if (target) return await invoke(target, call);
  const text = `${String(to)} is no reference of this system; ask for one with refFrom`;
  throw new Failure("invalid", text);
}

/** Whatever is sent by it in a handler bears the sender of the message in hand. */
const passedOn = (to: AnyRef, terms: CallOptions = {}): object | undefined =>
  handleOf(to)?.with({ ...terms, isPassedOn: true });

/** Messages that the actor has in hand or waiting; 0 when it lives elsewhere. */
export function loadOf(ref: AnyRef): number {
  const sink = handleOf(ref)?.sink;
  if (!sink || !isLocal(sink)) return 0;
  let load = sink.depth;
  for (const _ of sink.household?.handling.calls ?? []) load += 1;
  return load;
}

/** Messages that its mailbox takes; Infinity when it lives elsewhere, where nobody can see that. */
export function capacityOf(ref: AnyRef): number {
  const sink = handleOf(ref)?.sink;
  return sink && hasKind(sink) ? sink.kind.capacity : Number.POSITIVE_INFINITY;
}

/** A ref of a protocol that this node does not know, as one of that protocol; else undefined. */
export function spokenAs<P>(known: Protocol<P>, ref: AnyRef): Ref<P> | undefined {
  const handle = handleOf(ref);
  if (handle === undefined || handle.sink || handle.protocol.methods.size > 0) return undefined;
  return handle.speaking(known);
}

const hasKind = (sink: Sink): sink is Sink & { readonly kind: { readonly capacity: number } } =>
  "kind" in sink;

const isLocal = (sink: Sink): sink is LocalActor => "depth" in sink && "household" in sink;

function invoke(ref: object, { method, args }: Call): unknown {
  const send = Reflect.get(ref, method);
  if (typeof send === "function") return Reflect.apply(send, ref, args);
  throw new Failure("unknown_message", `${String(ref)} does not understand ${method}`);
}
