// A door for simulations into product code: where a rare choice is legal (send early, one message a
// batch, dial again for no reason), the code asks whether to make it now. Outside of a simulation
// nobody is asked, and nothing changes. The idea is FoundationDB's BUGGIFY.

/**
 * Whether to make the rare choice of this label now. `rate` is how often, from 0 to 1, in a run in
 * which the label is on. The choice must be one that the code may make at any time.
 */
export type Buggify = (label: string, rate?: number) => boolean;
