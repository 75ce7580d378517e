// How users are named, wherever one submits, is told or is followed: without white space, so that each has a
// channel.
import Type from "typebox";

export const UserId = Type.String({ pattern: "^[^\\s]{1,64}$" });
