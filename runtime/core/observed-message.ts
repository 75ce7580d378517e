// A message as an observer sees it.
import type { Taken } from "./message-ring.ts";
import type { ObservedMessage } from "./observer.ts";

export const observedMessage = ({ payload, origin }: Taken): ObservedMessage => ({
  payload,
  trace: origin?.trace,
  sender: origin?.sender?.$.address,
  isAsk: origin?.reply !== undefined,
});
