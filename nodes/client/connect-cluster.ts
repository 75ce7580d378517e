// Joins a cluster as a client: a node that nobody gives work to.
import { ChannelBell } from "./channel-bell.ts";
import { type ClusterTerms, checkedTerms } from "./client-terms.ts";
import { ClusterClient } from "./cluster-client.ts";
import { ClusterConnection } from "./cluster-connection.ts";
import { StateRinger } from "./state-ringer.ts";

/**
 * Answers when this process is a member of the cluster. Fails with `invalid` for terms that make no sense
 * or keys that do not fit, and with `unavailable` within `joinWithinMs` when the director does not let it
 * in, and says what was seen at its address. `close` ends all of it.
 */
export async function connectCluster(terms: ClusterTerms): Promise<ClusterClient> {
  const checked = checkedTerms(terms);
  const bell = new ChannelBell();
  const connection = await ClusterConnection.open({
    terms: checked,
    joined: ({ system }) => void system.spawn(StateRinger, bell, { name: "state-ringer" }),
  });
  return new ClusterClient(connection, bell, checked);
}
