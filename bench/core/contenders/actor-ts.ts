// actor-ts (pathosDev/actor-ts): an Akka in TypeScript.
import { pathToFileURL } from "node:url";
import { actorTsFile } from "../actor-ts-file.ts";
import type { Works } from "../contender.ts";
import { type PeerMessage, type PeerRuntime, worksOf } from "./peer-works.ts";

interface ActorTsRef {
  tell(message: unknown): void;
  ask(message: unknown, timeoutMs: number): Promise<number>;
}
interface Sender {
  forEach(visit: (ref: ActorTsRef) => void): void;
}
interface ActorTs {
  readonly Actor: new () => { readonly sender: Sender };
  readonly ActorSystem: {
    create(name: string, options: unknown): { spawnAnonymous(make: () => object): ActorTsRef };
  };
  readonly ActorSystemOptions: {
    create(): { withLogger(logger: object): { withLogLevel(level: unknown): unknown } };
  };
  readonly NoopLogger: new () => object;
  readonly LogLevel: { readonly Off: unknown };
}

const askMsMax = 60_000;

async function start(): Promise<PeerRuntime<ActorTsRef>> {
  const library: ActorTs = await import(pathToFileURL(actorTsFile() ?? "").href);
  const { Actor, ActorSystem, ActorSystemOptions, LogLevel, NoopLogger } = library;
  const options = ActorSystemOptions.create().withLogger(new NoopLogger());
  const system = ActorSystem.create("bench", options.withLogLevel(LogLevel.Off));
  class Receiver extends Actor {
    readonly #receive: (message: PeerMessage) => void;
    constructor(receive: (message: PeerMessage) => void) {
      super();
      this.#receive = receive;
    }
    onReceive(message: PeerMessage): void {
      this.#receive(message);
    }
  }
  class Responder extends Actor {
    onReceive(value: number): void {
      this.sender.forEach((replyTo) => {
        replyTo.tell(value + 1);
      });
    }
  }
  return {
    spawn: (receive) => system.spawnAnonymous(() => new Receiver(receive)),
    tell: (to, message) => to.tell(message),
    responder: () => {
      const responder = system.spawnAnonymous(() => new Responder());
      return Promise.resolve((value) => responder.ask(value, askMsMax));
    },
  };
}

export const works: Works = worksOf(start);
