import assert from "node:assert/strict";
import { test } from "node:test";
import { controlScopesOf, mayIssue } from "#actors/control/authorisation.ts";
import { planCommand } from "#actors/control/request-check.ts";
import { Failure } from "#protocols/failure.ts";
import type { ControlRequest } from "#protocols/tasks/control.ts";
import { type ControlScope, controlCommands } from "#protocols/tasks/control-commands.ts";

const plan = (request: ControlRequest, scopes: readonly ControlScope[] = ["admin"]) =>
  planCommand(
    { commandId: "1", ...request },
    { by: "ada", scopes },
    new Map([["LIGHT", { scope: "cancel" }]]),
  );

const codeOf = (planned: unknown): string =>
  planned instanceof Failure ? planned.code : "planned";

const full = { node: "a", taskId: "t" };
const fitting: Readonly<Record<keyof typeof controlCommands, ControlRequest>> = {
  PING: { command: "PING" },
  GET_NODE_STATUS: { command: "GET_NODE_STATUS", node: "a" },
  GET_NODE_METRICS: { command: "GET_NODE_METRICS", node: "a" },
  CANCEL_TASK: { command: "CANCEL_TASK", taskId: "t" },
  PAUSE_NODE: { command: "PAUSE_NODE", node: "a" },
  RESUME_NODE: { command: "RESUME_NODE", node: "a" },
  RESTART_NODE: { command: "RESTART_NODE", node: "a" },
  SHUTDOWN_NODE: { command: "SHUTDOWN_NODE", node: "a" },
  GET_CONFIG: { command: "GET_CONFIG", parameters: { layer: "queue" } },
  UPDATE_CONFIG: { command: "UPDATE_CONFIG", parameters: { layer: "queue", document: "{}" } },
  CREATE_KEY: {
    command: "CREATE_KEY",
    parameters: { keyId: "k", hash: "0".repeat(64), owner: "ada", scopes: "read control" },
  },
  REVOKE_KEY: { command: "REVOKE_KEY", parameters: { keyId: "k" } },
};

for (const [name, { scope, target }] of Object.entries(controlCommands)) {
  const request = Object.values(fitting).find(({ command }) => command === name) ?? {
    command: name,
  };

  test(`${name} is planned for who may, and refused to the others`, () => {
    assert.equal(codeOf(plan(request, [scope])), "planned");
    assert.equal(codeOf(plan(request, ["admin"])), "planned");
    assert.equal(codeOf(plan(request, [])), "forbidden");
    const weaker = scope === "read" ? "cancel" : "read";
    assert.equal(codeOf(plan(request, [weaker])), "forbidden");
  });

  test(`${name} is refused with what it does not take`, () => {
    assert.equal(codeOf(plan({ ...request, ...full })), "invalid");
    assert.equal(codeOf(plan({ ...request, parameters: { unheard: 1 } })), "invalid");
    const { node: _, taskId: __, ...bare } = request;
    const isWanting = target === "node" || target === "task";
    assert.equal(codeOf(plan(bare)), isWanting ? "invalid" : "planned");
  });
}

test("a key's id that is too long to stand in what its bearer does is refused", () => {
  const create = (length: number) => ({
    command: "CREATE_KEY",
    parameters: { ...fitting["CREATE_KEY"]?.parameters, keyId: "k".repeat(length) },
  });
  assert.equal(codeOf(plan(create(64))), "planned");
  const refused = plan(create(65));
  assert.equal(codeOf(refused), "invalid");
  assert.match(refused instanceof Failure ? refused.detail : "", /keyId/);
});

test("a command of one's own needs its own scope, and an unknown one tells nothing to strangers", () => {
  assert.equal(
    codeOf(plan({ command: "LIGHT", parameters: { any: true } }, ["cancel"])),
    "planned",
  );
  assert.equal(codeOf(plan({ command: "LIGHT" }, ["read"])), "forbidden");
  assert.equal(codeOf(plan({ command: "DARK" }, ["read"])), "unknown_message");
  assert.equal(codeOf(plan({ command: "DARK" }, [])), "forbidden");
});

test("control includes read and cancel, admin all, and words of others mean nothing", () => {
  assert.deepEqual(
    (["read", "cancel", "control", "admin"] as const).map((needed) =>
      mayIssue(["control"], needed),
    ),
    [true, true, true, false],
  );
  assert.equal(mayIssue(["admin"], "control"), true);
  assert.deepEqual(controlScopesOf(["submit", "read", "metrics"]), ["read"]);
});

test("what does not fit is told in words, with what may stand there", () => {
  const cases = [
    [
      "PAUSE_NODE",
      { reson: "x" },
      /parameters of PAUSE_NODE: reson is not known; did you mean reason\?/,
    ],
    [
      "UPDATE_CONFIG",
      { layer: "x", document: "{}" },
      /layer is "x"; it may be "gateway" or "queue"/,
    ],
    ["UPDATE_CONFIG", { layer: "queue", document: "{}", expected: -1 }, /expected must be >= 0/],
    ["REVOKE_KEY", {}, /parameters of REVOKE_KEY: it lacks keyId/],
  ] as const;
  for (const [command, parameters, text] of cases) {
    const node = command === "PAUSE_NODE" ? { node: "a" } : {};
    const planned = plan({ command, parameters, ...node });
    assert.ok(planned instanceof Failure);
    assert.match(planned.detail, text);
  }
  const refused = plan({ command: "UPDATE_CONFIG" }, ["control"]);
  assert.match(
    refused instanceof Failure ? refused.detail : "",
    /needs the scope admin, .*`scopes`/,
  );
});
