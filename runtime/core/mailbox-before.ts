// The mailbox of an actor that stands for another, elsewhere.
import type { ActorClass, MailboxSpec } from "./actor-class.ts";

/** What an actor sends itself never passes who stands for it, which has no such methods to rank. */
export function mailboxBefore({
  mailbox,
  protocol,
  prototype,
}: ActorClass & { readonly prototype: object }): MailboxSpec | undefined {
  if (mailbox?.priorities === undefined) return mailbox;
  const isOwn = (method: string): boolean => !protocol.methods.has(method) && method in prototype;
  const priorities = Object.entries(mailbox.priorities).filter(([method]) => !isOwn(method));
  return { ...mailbox, priorities: Object.fromEntries(priorities) };
}
