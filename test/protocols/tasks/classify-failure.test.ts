import assert from "node:assert/strict";
import { test } from "node:test";
import { Check } from "typebox/value";
import { Failure } from "#protocols/failure.ts";
import { type FailureCode, failureCodes, isFailureCode } from "#protocols/failure-codes.ts";
import { classifyFailure, classOfCode } from "#protocols/tasks/classify-failure.ts";
import { failureStrategies } from "#protocols/tasks/failure-strategy.ts";
import { RetryPolicy } from "#protocols/tasks/task.ts";
import { failureClasses, TaskFailure } from "#protocols/tasks/task-failure.ts";

const coded = (code: string): Error => Object.assign(new Error("something"), { code });
const named = (name: string): Error => Object.assign(new Error("something"), { name });
const aborted = (cause: unknown): Error => Object.assign(named("AbortError"), { cause });
const wrapped = (cause: unknown): Error => new Error("while it was tried", { cause });

/** Whether anybody has cancelled the task. */
const alive = { isCancelled: false };
const givenUp = { isCancelled: true };

const status = (code: number, more: object = {}): Error =>
  Object.assign(new Error(`answered ${code}`), { status: code }, more);
const together = (...all: unknown[]): Error => new AggregateError(all, "all have failed");
const hostile = {
  get code(): string {
    throw new Error("not to be read");
  },
};

const errors: readonly (readonly [what: string, error: unknown, expected: string])[] = [
  ["a refused connection", coded("ECONNREFUSED"), "network"],
  ["a connection that takes too long", coded("ETIMEDOUT"), "network"],
  ["a name that is not known", coded("ENOTFOUND"), "network"],
  ["a full disk", coded("ENOSPC"), "resource"],
  ["too many open files", coded("EMFILE"), "resource"],
  ["a thread without memory", coded("ERR_WORKER_OUT_OF_MEMORY"), "resource"],
  ["a slow answer", coded("UND_ERR_HEADERS_TIMEOUT"), "timeout"],
  ["a call that broke itself off", named("AbortError"), "internal"],
  ["a call that broke itself off, by its code", coded("ABORT_ERR"), "internal"],
  ["a call broken off for a reason", aborted(coded("ECONNRESET")), "network"],
  ["a wait that was broken off", new Failure("cancelled", "withdrawn"), "internal"],
  ["what wraps a call broken off", wrapped(named("AbortError")), "internal"],
  ["what a person said no to", new Failure("rejected", "no"), "cancelled"],
  ["a signal that timed out", AbortSignal.timeout(0).reason ?? named("TimeoutError"), "timeout"],
  ["a failed allocation", new RangeError("Array buffer allocation failed"), "resource"],
  ["ONNX without memory", new Error("std::bad_alloc"), "resource"],
  ["ONNX on a full GPU", new Error("CUDA failure 2: out of memory"), "resource"],
  ["ONNX that fails", new Error("Non-zero status code returned while running Conv"), "model"],
  ["ONNX on another shape", new Error("Got invalid dimensions for input: x"), "model"],
  ["a file that is no model", new Error("[ONNXRuntimeError] : 7 : INVALID_PROTOBUF"), "model"],
  ["a bug", new TypeError("x is not a function"), "internal"],
  ["no error at all", undefined, "internal"],
  ["a text", "no", "internal"],
  ["what wraps another", wrapped(coded("ECONNRESET")), "network"],
  ["what wraps a Failure", wrapped(new Failure("too_large", "of 9 bytes")), "validation"],
  ["a Failure that only wraps", Failure.of(coded("ENOMEM")), "resource"],
  ["a Failure that says something", new Failure("invalid", "no", coded("ENOMEM")), "validation"],
  ["a model without memory", new Failure("model_failed", "run: bad allocation"), "resource"],
  ["a code that every object has", coded("constructor"), "internal"],
  ["another code that every object has", coded("toString"), "internal"],
  ["a code that is every object's prototype", coded("__proto__"), "internal"],
  ["a name that every object has", named("hasOwnProperty"), "internal"],
  ["what throws when it is read", hostile, "internal"],
  ["refused at all addresses", together(coded("ECONNREFUSED"), coded("ECONNREFUSED")), "network"],
  ["of many the one that says something", together(new Error("?"), coded("EMFILE")), "resource"],
  ["many wrapped ones", together(wrapped(coded("ECONNRESET"))), "network"],
  ["what wraps many", wrapped(together(coded("ENETUNREACH"))), "network"],
  ["bugs together", together(new TypeError("x"), new TypeError("y")), "internal"],
  ["none together", together(), "internal"],
  ["a broken handshake", coded("EPROTO"), "network"],
  ["a certificate out of date", coded("CERT_HAS_EXPIRED"), "network"],
  ["a server of Redis that is gone", new Error("Connection is closed."), "network"],
  ["a server of Redis that stays away", named("MaxRetriesPerRequestError"), "network"],
  ["a bad gateway", status(502), "network"],
  ["a server that is not ready", status(200, { status: undefined, statusCode: 503 }), "network"],
  ["a gateway that waits", Object.assign(new Error("x"), { response: status(504) }), "network"],
  ["a bad gateway, by a code of its own", status(502, { code: "ERR_BAD_RESPONSE" }), "network"],
  ["a server that is asked too often", status(429), "resource"],
  ["a server that did not hear all of it", status(408), "network"],
  ["a request that is wrong", status(400), "internal"],
  ["a server's own error", status(500), "internal"],
  ["a disk that fails", coded("EIO"), "resource"],
  ["a disk that is read-only", coded("EROFS"), "resource"],
  ["a right that is missing", coded("EACCES"), "internal"],
  ["ONNX on a file that is none", new Error("Load model from x.onnx failed: no file"), "model"],
  ["ONNX on bytes that are none", new Error("model because protobuf parsing failed."), "model"],
  ["a file that is called so", new Error("ENOENT: no such file, open 'lama.onnx'"), "internal"],
  ["talk of ONNX", new Error("the list of onnx models is empty"), "internal"],
  ["plain data of a Failure", { code: "engine_lost", detail: "ended" }, "resource"],
];
for (const [what, error, expected] of errors) {
  test(`${what} is of the class ${expected}`, () => {
    const failure = classifyFailure(error, alive);
    assert.equal(failure.class, expected);
    assert.ok(Check(TaskFailure, failure), JSON.stringify(failure));
  });
}

test("of a task that was given up, what was broken off is cancelled, and a bug is one still", () => {
  const cancelled = [
    named("AbortError"),
    coded("ABORT_ERR"),
    new Failure("cancelled", "withdrawn"),
  ];
  for (const error of [...cancelled, wrapped(named("AbortError"))]) {
    assert.equal(classifyFailure(error, givenUp).class, "cancelled");
  }
  assert.equal(classifyFailure(new TypeError("x is not a function"), givenUp).class, "internal");
});

test("every failure code has a class, and what may be tried again is tried again", () => {
  const known = Object.keys(failureCodes).filter((code): code is FailureCode =>
    isFailureCode(code),
  );
  for (const code of known) {
    const { retriesMax } = failureStrategies[classOfCode(code)];
    if (failureCodes[code].retryable) assert.notEqual(retriesMax, 0, code);
    assert.equal(classifyFailure(new Failure(code, "d"), givenUp).code, code);
  }
  assert.equal(classOfCode("POISONOUS"), "internal");
});

test("an error that is its own cause is classified", () => {
  const ring = new Error("ring");
  ring.cause = ring;
  assert.equal(classifyFailure(ring, alive).class, "internal");
});

test("a long text is cut to what a row can hold", () => {
  assert.ok(classifyFailure(new Error("x".repeat(100_000)), alive).detail.length <= 16_384);
});

test("every class has a strategy, and a policy may name any of them and no other", () => {
  const policy = { baseMs: 0, factor: 1, capMs: 0, jitter: "none" };
  for (const failureClass of failureClasses) {
    assert.ok(failureStrategies[failureClass]);
    assert.ok(Check(RetryPolicy, { ...policy, classes: { [failureClass]: 2 } }), failureClass);
    assert.ok(!Check(RetryPolicy, { ...policy, classes: { [failureClass]: -1 } }), failureClass);
  }
  assert.ok(!Check(RetryPolicy, { ...policy, classes: { weather: 1 } }));
});
