// Puts traps where the machine's clock, timers, chance, files and load are reached at once: on the
// globals, and on Node's modules, whose named imports follow. What Node opens to answer later is the
// guard's. Who took one of them before, as a value, is not caught.
import childProcess from "node:child_process";
import crypto from "node:crypto";
import fs from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import os from "node:os";
import perfHooks from "node:perf_hooks";
import timers from "node:timers";
import timersPromises from "node:timers/promises";
import v8 from "node:v8";

/** Called in the place of what was trapped: it throws, or returns to let the call go on. */
export type OnAmbientUse = (what: string, remedy: string) => void;

interface Place {
  readonly owner: object;
  /** As it is written in code, without the member. */
  readonly name: string;
  readonly members: readonly string[];
  readonly remedy: string;
}

const clockRemedy = "ask the Clock port, or this.ctx.now()";
const timerRemedy = "set a timer through this.ctx.after or the Timers port";
const executorRemedy = "run it through the Executor port, or send a message";
const loadRemedy = "it is another one each time: measure outside of the run";
export const ioRemedy =
  "keep files, sockets, processes and threads behind a port that the test opens";
const chanceRemedy = "draw from the Random port, or this.ctx.random()";

// The module's own getRandomValues cannot be replaced, but it calls that of the global.
const chance = ["randomUUID", "randomBytes", "randomInt", "randomFill", "randomFillSync"];

const places: readonly Place[] = [
  { owner: Date, name: "Date", members: ["now"], remedy: clockRemedy },
  ...[performance, perfHooks.performance].map((owner): Place => {
    const members = ["now", "mark", "measure", "toJSON"];
    return { owner, name: "performance", members, remedy: clockRemedy };
  }),
  ...[performance, perfHooks.performance].map((owner): Place => {
    const members = ["eventLoopUtilization"];
    return { owner, name: "performance", members, remedy: loadRemedy };
  }),
  { owner: perfHooks, name: "perf_hooks", members: ["monitorEventLoopDelay"], remedy: loadRemedy },
  { owner: process, name: "process", members: ["hrtime", "uptime"], remedy: clockRemedy },
  { owner: process.hrtime, name: "process.hrtime", members: ["bigint"], remedy: clockRemedy },
  {
    owner: process,
    name: "process",
    members: ["memoryUsage", "cpuUsage", "resourceUsage"],
    remedy: loadRemedy,
  },
  {
    owner: process.memoryUsage,
    name: "process.memoryUsage",
    members: ["rss"],
    remedy: loadRemedy,
  },
  {
    owner: v8,
    name: "v8",
    members: ["getHeapStatistics", "getHeapSpaceStatistics", "getHeapCodeStatistics"],
    remedy: loadRemedy,
  },
  { owner: os, name: "os", members: ["uptime", "loadavg", "freemem"], remedy: loadRemedy },
  { owner: Math, name: "Math", members: ["random"], remedy: chanceRemedy },
  { owner: crypto, name: "crypto", members: chance, remedy: chanceRemedy },
  {
    owner: globalThis.crypto,
    name: "crypto",
    members: ["randomUUID", "getRandomValues"],
    remedy: chanceRemedy,
  },
  { owner: fs, name: "fs", members: synchronousOf(fs), remedy: ioRemedy },
  {
    owner: childProcess,
    name: "child_process",
    members: synchronousOf(childProcess),
    remedy: ioRemedy,
  },
  { owner: Atomics, name: "Atomics", members: ["wait", "waitAsync"], remedy: timerRemedy },
  ...[globalThis, timers].flatMap((owner): readonly Place[] => [
    { owner, name: "", members: ["setTimeout", "setInterval"], remedy: timerRemedy },
    { owner, name: "", members: ["setImmediate"], remedy: executorRemedy },
  ]),
  {
    owner: timersPromises,
    name: "timers/promises",
    members: ["setTimeout", "setInterval", "setImmediate"],
    remedy: timerRemedy,
  },
];

/** What opens something and has done with it when it returns: nothing else would see it. */
function synchronousOf(module: object): readonly string[] {
  return Object.keys(module).filter((name) => name.endsWith("Sync"));
}

/** Sets all traps; answers how to take them away. */
export function setTraps(onUse: OnAmbientUse): () => void {
  const restores = places.flatMap((place) =>
    place.members
      .filter((member) => Reflect.get(place.owner, member) !== undefined)
      .map((member) => setTrap(place, member, onUse)),
  );
  restores.push(trapDate(onUse));
  syncBuiltinESMExports();
  return () => {
    for (const restore of restores.toReversed()) restore();
    syncBuiltinESMExports();
  };
}

function setTrap({ owner, name, remedy }: Place, member: string, onUse: OnAmbientUse): () => void {
  const own = Object.getOwnPropertyDescriptor(owner, member);
  const original: unknown = Reflect.get(owner, member);
  const what = name === "" ? member : `${name}.${member}`;
  if (typeof original !== "function") throw new TypeError(`${what} is no function to be trapped`);
  const value = new Proxy(original, {
    apply(target, self, args) {
      onUse(what, remedy);
      return Reflect.apply(target, self, args);
    },
  });
  Object.defineProperty(owner, member, { value, configurable: true, writable: true });
  return () => {
    if (own) Object.defineProperty(owner, member, own);
    else Reflect.deleteProperty(owner, member);
  };
}

/** `new Date(ms)` depends on its argument alone; `new Date()` and `Date()` look at the clock. */
function trapDate(onUse: OnAmbientUse): () => void {
  const original = globalThis.Date;
  globalThis.Date = new Proxy(original, {
    construct(target, args, newTarget) {
      if (args.length === 0) onUse("new Date()", clockRemedy);
      return Reflect.construct(target, args, newTarget);
    },
    apply(target, self, args) {
      onUse("Date()", clockRemedy);
      return Reflect.apply(target, self, args);
    },
  });
  return () => {
    globalThis.Date = original;
  };
}
