// Ids that grow with time: rows that come together lie together, in the file and in every index on
// their id, so that a commit writes few pages. Behind the time stand 14 letters of chance: nobody
// guesses an id.
import { nanoid } from "nanoid";

/** In the order in which SQLite and Redis compare bytes. */
const letters = "-0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz";
/** Enough until the year 2109. */
const timeLength = 7;
const chanceLength = 14;

export function orderedId(nowMs: number): string {
  let left = Math.max(0, Math.floor(nowMs));
  let time = "";
  for (let place = 0; place < timeLength; place += 1) {
    time = letters.charAt(left % letters.length) + time;
    left = Math.floor(left / letters.length);
  }
  return time + nanoid(chanceLength);
}
