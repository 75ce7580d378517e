// What is told to people: an event of the channel of all, or of one user's. By the StateManager; while
// there is none it goes into the store's log directly, from where followers are told just as well.
import Type from "typebox";
import { Compile } from "typebox/compile";
import { Failure } from "#protocols/failure.ts";
import { systemChannel, systemNotification } from "#protocols/tasks/queue-monitor.ts";
import { personalNotification, Severity } from "#protocols/tasks/state-notices.ts";
import type { NewEvent } from "#protocols/tasks/task-events.ts";
import { channelOf } from "#protocols/tasks/task-events.ts";
import { UserId } from "#protocols/tasks/user-id.ts";
import { valueMisfit } from "#protocols/value-misfit.ts";
import type { CallTime } from "./call-time.ts";
import type { ClusterDesks } from "./cluster-desks.ts";

export interface Notified {
  readonly channel: string;
  /** Its number among the events of the channel. */
  readonly seq: number;
  readonly by: "state" | "store";
}

const Notice = Type.Object(
  {
    userId: Type.Optional(UserId),
    message: Type.String({ minLength: 1, maxLength: 4_096 }),
    severity: Severity,
    taskId: Type.Optional(Type.String({ minLength: 1, maxLength: 64 })),
  },
  { additionalProperties: false },
);
type Notice = Type.Static<typeof Notice>;
const validator = Compile(Notice);

export class UserNotices {
  readonly #desks: ClusterDesks;

  constructor(desks: ClusterDesks) {
    this.#desks = desks;
  }

  async broadcast(message: string, severity: Severity): Promise<Notified> {
    check({ message, severity });
    const time = this.#desks.time();
    const notice = { message, severity };
    const told = await this.#desks.askState((state) => state.broadcast(notice), time);
    if (told) return { channel: systemChannel, ...told, by: "state" };
    const event = { channel: systemChannel, type: systemNotification, taskId: null };
    return this.#append({ ...event, payload: notice }, time);
  }

  async notifyUser(notice: Notice & { readonly userId: string }): Promise<Notified> {
    check(notice);
    const { userId, message, severity, taskId = null } = notice;
    const channel = channelOf.user(userId);
    const time = this.#desks.time();
    const told = await this.#desks.askState((state) => state.notifyUser(notice), time);
    if (told) return { channel, ...told, by: "state" };
    const payload = { message, severity };
    return this.#append({ channel, type: personalNotification, taskId, payload }, time);
  }

  async #append(event: NewEvent, time: CallTime): Promise<Notified> {
    const [seq = 0] = await this.#desks.store.ask((store) => store.appendEvents([event]), time);
    return { channel: event.channel, seq, by: "store" };
  }
}

/** Before anything is asked: a wrong level is the caller's to mend. */
function check(notice: Notice): void {
  if (validator.Check(notice)) return;
  const levels =
    "levels are info, warning, error and critical; a message has 1 to 4,096 characters";
  const text = `${valueMisfit(validator.Errors(notice), notice)}; ${levels}`;
  throw new Failure("invalid", text);
}
