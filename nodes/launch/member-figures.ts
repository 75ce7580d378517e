// The members as metrics show them.
import type { MemberStatus } from "#protocols/cluster/membership-protocol.ts";
import type { Members } from "#runtime/cluster/membership/members.ts";
import type { Figure, FigureSource } from "#runtime/observation/shown-figures.ts";

const statuses: readonly MemberStatus[] = ["joining", "up", "leaving", "suspect"];

export const memberFigures = (members: Members): FigureSource => ({
  bounds: members.bounds,
  figures: [membersByStatus(members), ...counters(members)],
});

function membersByStatus({ all }: Members): Figure {
  return {
    name: "troupe_members",
    type: "gauge",
    help: "Members of the cluster as this node sees them, by status.",
    samples: statuses.map((status) => ({
      labels: { status },
      value: all.filter((member) => member.status === status).length,
    })),
  };
}

function counters({ counts }: Members): readonly Figure[] {
  const { downs, heartbeatsHeard, heartbeatsRefused, heartbeatsSent, suspicions } = counts;
  return [
    {
      name: "troupe_heartbeats_total",
      type: "counter",
      help: "Heartbeats sent, heard, and refused as none of the node they came from.",
      samples: [
        { labels: { what: "sent" }, value: heartbeatsSent },
        { labels: { what: "heard" }, value: heartbeatsHeard },
        { labels: { what: "refused" }, value: heartbeatsRefused },
      ],
    },
    {
      name: "troupe_suspicions_total",
      type: "counter",
      help: "Times that a member became suspect, by verdict.",
      samples: Object.entries(suspicions).map(([verdict, value]) => ({
        labels: { verdict },
        value,
      })),
    },
    {
      name: "troupe_members_down_total",
      type: "counter",
      help: "Members whose session was lost or superseded.",
      samples: [{ labels: {}, value: downs }],
    },
  ];
}
