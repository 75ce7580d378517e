// Who hears of a dead letter: the log, the observer, and whoever listens to their topic.
import { DeadLetterLog, type DeadLetterLogPorts } from "./dead-letter-log.ts";
import { DeadLetters } from "./dead-letters.ts";
import { type EventBus, systemTopics } from "./event-bus.ts";
import type { Observer } from "./observer.ts";

export interface NewsPorts extends DeadLetterLogPorts {
  readonly observer: Observer | undefined;
  readonly events: EventBus;
}

export function deadLettersTo(ports: NewsPorts): DeadLetters {
  const { observer, events, bounds } = ports;
  const log = new DeadLetterLog(ports);
  let isTelling = false;
  return new DeadLetters((letter) => {
    log.write(letter);
    observer?.dead(letter);
    // What listeners send in vain is counted, but not told: they would hear of themselves for ever.
    if (isTelling) return;
    isTelling = true;
    events.publish(systemTopics["dead-letter"], letter);
    isTelling = false;
  }, bounds);
}
