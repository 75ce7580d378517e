// Classes and arguments that cannot be spawned.

/** A mistake, and what the compiler has to say of it. */
export type Mistake = readonly [what: string, snippet: string, complaint: RegExp];

export const spawnMistakes: readonly Mistake[] = [
  [
    "a spawn without its arguments",
    "system.spawn(CounterActor);",
    /Expected 2-3 arguments, but got 1/,
  ],
  [
    "a spawn with wrong arguments",
    "system.spawn(CounterActor, { start: '1' });",
    /Type 'string' is not assignable to type 'number'/,
  ],
  [
    "arguments for a class that takes none",
    "ctx.spawn(PrinterActor, { start: 1 });",
    /'start' does not exist in type 'SpawnOptions'/,
  ],
  [
    "a spawn of what is no actor class",
    "system.spawn(class { static readonly protocol = 1; });",
    /Type 'number' is not assignable to type 'Protocol<any>'/,
  ],
  [
    "a spawn of a class that lacks a handler",
    "class A extends Actor<Counter> { static readonly protocol = Counter; add() {} } system.spawn(A);",
    /is missing in type 'typeof A' but required in type '{ readonly "handles all of": keyof Counter; }'/,
  ],
  [
    "a spawn of a class with a handler of something else",
    "class A extends Actor<Printer> { static readonly protocol = Printer; print(count: number) { count += 1; } } ctx.spawn(A);",
    /is missing in type 'typeof A' but required in type '{ readonly "handles all of": "print"; }'/,
  ],
  [
    "a spawn of a class that never says its first state",
    "class A extends Actor<Printer, { n: number }> { static readonly protocol = Printer; print() {} } system.spawn(A);",
    /is missing in type 'typeof A' but required in type '{ readonly "has an initial state": { n: number; }; }'/,
  ],
  [
    "a spawn of a class that begins with a state of another type",
    "class A extends Actor<Printer, { n: number }> { static readonly protocol = Printer; static initial = () => ({ n: '1' }); print() {} } ctx.spawn(A);",
    /is missing in type 'typeof A' but required in type '{ readonly "has an initial state": { n: number; }; }'/,
  ],
  [
    "a spawn of a class that has another's protocol",
    "class A extends Actor<Printer> implements Handlers<Printer> { static readonly protocol = Counter; print() {} } system.spawn(A);",
    /is missing in type 'typeof A' but required in type '{ readonly "handles all of": keyof Counter; }'/,
  ],
  [
    "a mailbox policy that there is not",
    `ctx.spawn(PrinterActor, { mailbox: { capacity: 1, whenFull: "wait" } });`,
    /Type '"wait"' is not assignable to type 'WhenFull'/,
  ],
];
