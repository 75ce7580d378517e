// Pure. Grows an ONNX graph, or the body of an ONNX function, one operator at a time: each call adds
// a node and returns the name of its result, so that a graph reads like the arithmetic it stands
// for. Constants are nodes too, because a function may not own tensors; equal ones are kept once.
import type { OnnxAttribute, OnnxFunction, OnnxNode } from "./onnx-encoding.ts";

/** The name of a tensor inside the graph. */
export type Wire = string;

export const attribute = {
  float: (name: string, value: number) => ({ kind: "float", name, value }) as const,
  floats: (name: string, values: readonly number[]) => ({ kind: "floats", name, values }) as const,
  int: (name: string, value: number) => ({ kind: "int", name, value }) as const,
  ints: (name: string, values: readonly number[]) => ({ kind: "ints", name, values }) as const,
  string: (name: string, value: string) => ({ kind: "string", name, value }) as const,
};

export class GraphBuilder {
  /** The domain of the functions that `call` names. */
  readonly domain: string;
  readonly #nodes: OnnxNode[] = [];
  readonly #constants = new Map<string, Wire>();
  #wireCount = 0;

  constructor(domain: string) {
    this.domain = domain;
  }

  get nodes(): readonly OnnxNode[] {
    return this.#nodes;
  }

  /** Adds an ONNX operator with one result. */
  node(operator: string, inputs: readonly Wire[], ...attributes: OnnxAttribute[]): Wire {
    const result = this.#newWire();
    this.#nodes.push({ operator, domain: "", inputs, outputs: [result], attributes });
    return result;
  }

  /** Adds an ONNX operator with two results. */
  pair(
    operator: string,
    inputs: readonly Wire[],
    ...attributes: OnnxAttribute[]
  ): readonly [Wire, Wire] {
    const outputs = [this.#newWire(), this.#newWire()] as const;
    this.#nodes.push({ operator, domain: "", inputs, outputs, attributes });
    return outputs;
  }

  /** Adds a call of a function of the model. */
  call({ name }: OnnxFunction, ...inputs: Wire[]): Wire {
    const result = this.#newWire();
    const { domain } = this;
    this.#nodes.push({ operator: name, domain, inputs, outputs: [result], attributes: [] });
    return result;
  }

  /** Gives a tensor the name that the world outside knows it by. */
  output(wire: Wire, name: string): void {
    const outputs = [name];
    this.#nodes.push({ operator: "Identity", domain: "", inputs: [wire], outputs, attributes: [] });
  }

  /** A scalar float32. */
  number(value: number): Wire {
    return this.#constant(attribute.float("value_float", value), `number ${value}`);
  }

  /** A scalar int64. */
  integer(value: number): Wire {
    return this.#constant(attribute.int("value_int", value), `integer ${value}`);
  }

  /** A row of int64: a shape, axes, pads. */
  integers(...values: number[]): Wire {
    return this.#constant(attribute.ints("value_ints", values), `integers ${values}`);
  }

  /** A row of float32. */
  numbers(...values: number[]): Wire {
    return this.#constant(attribute.floats("value_floats", values), `numbers ${values}`);
  }

  #constant(value: OnnxAttribute, key: string): Wire {
    const wire = this.#constants.get(key) ?? this.node("Constant", [], value);
    this.#constants.set(key, wire);
    return wire;
  }

  #newWire(): Wire {
    return `t${this.#wireCount++}`;
  }
}

/** Writes a function of one result: `body` gets a builder and the inputs, and returns the result. */
export function graphFunction(shape: {
  readonly domain: string;
  readonly name: string;
  readonly inputs: readonly string[];
  readonly body: (builder: GraphBuilder, ...inputs: Wire[]) => Wire;
}): OnnxFunction {
  const { domain, name, inputs } = shape;
  const builder = new GraphBuilder(domain);
  builder.output(shape.body(builder, ...inputs), "result");
  return { name, inputs, outputs: ["result"], nodes: builder.nodes };
}
