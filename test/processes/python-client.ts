// A client of the control channel in Python, made of the class that docs/control.md shows: one line of
// JSON in, one line of JSON out.
//
//   a message            asked by the documented class, as JSON
//   { "packed": … }      the same message as MessagePack
//   { "terms": { "timeout_ms", "attempts" }, … }  the same, not waiting as long; null when nobody answers
//   { "raw": [hex, …] }  these frames by a DEALER socket; the answer's frames as hex, null for none
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";

const documented = new URL("../../docs/control.md", import.meta.url);

const driver = `
import json, os, sys
import msgpack, zmq
from troupe_control import TroupeControl

address = sys.argv[1]
curve = os.environ.get("CONTROL_CURVE")
control = TroupeControl(
    address,
    key=os.environ.get("CONTROL_KEY"),
    curve=None if curve is None else json.loads(curve),
)

def asked(kind, frames, timeout_ms):
    socket = zmq.Context.instance().socket(kind)
    socket.linger = 0
    socket.connect(address)
    try:
        socket.send_multipart(frames)
        return socket.recv_multipart() if socket.poll(timeout_ms) else None
    finally:
        socket.close()

for line in sys.stdin:
    message = json.loads(line)
    if "raw" in message:
        frames = asked(zmq.DEALER, [bytes.fromhex(text) for text in message["raw"]], 3000)
        answer = None if frames is None else [frame.hex() for frame in frames]
    elif "packed" in message:
        answer = msgpack.unpackb(asked(zmq.REQ, [msgpack.packb(message["packed"])], 15000)[0])
    else:
        try:
            answer = control.ask(message, **message.pop("terms", {}))
        except TimeoutError:
            answer = None
    print(json.dumps(answer), flush=True)
`;

/** The interpreter that has what the client needs; undefined: none has. */
export function pythonWithZeromq(): string | undefined {
  return ["python3", "/usr/bin/python3"].find((python) => {
    try {
      execFileSync(python, ["-c", "import zmq, msgpack"], { stdio: "ignore" });
      return true;
    } catch {
      return false;
    }
  });
}

export interface PythonKeys {
  readonly key?: string | undefined;
  readonly curve?: readonly [endpoint: string, ownPublic: string, ownSecret: string];
}

export class PythonClient {
  readonly #child: ChildProcess;
  readonly #folder: string;
  readonly #said: string[] = [];
  readonly #answers: ((line: string | undefined) => void)[] = [];

  /** `curve`: the endpoint's public key, the client's public and secret one. */
  constructor(python: string, address: string, { key, curve }: PythonKeys = {}) {
    this.#folder = mkdtempSync(join(tmpdir(), "troupe-python-"));
    writeFileSync(join(this.#folder, "troupe_control.py"), documentedModule());
    writeFileSync(join(this.#folder, "driver.py"), driver);
    this.#child = spawn(python, [join(this.#folder, "driver.py"), address], {
      stdio: ["pipe", "pipe", "pipe"],
      env: {
        ...process.env,
        ...(key === undefined ? {} : { CONTROL_KEY: key }),
        ...(curve === undefined ? {} : { CONTROL_CURVE: JSON.stringify(curve) }),
      },
    });
    const { stdout, stderr } = this.#child;
    if (stdout)
      createInterface({ input: stdout }).on("line", (line) => this.#answers.shift()?.(line));
    if (stderr) createInterface({ input: stderr }).on("line", (line) => this.#said.push(line));
    this.#child.once("close", () => {
      for (const answer of this.#answers.splice(0)) answer(undefined);
    });
  }

  /** Parsed JSON; its form is the test's to check. */
  async ask(message: unknown): Promise<unknown> {
    const line = await new Promise<string | undefined>((resolve) => {
      this.#answers.push(resolve);
      this.#child.stdin?.write(`${JSON.stringify(message)}\n`);
    });
    if (line === undefined) throw new Error(`the client ended:\n${this.#said.join("\n")}`);
    return JSON.parse(line);
  }

  async end(): Promise<void> {
    const ended = new Promise<void>((resolve) => this.#child.once("close", () => resolve()));
    const isOver = this.#child.exitCode !== null || this.#child.signalCode !== null;
    this.#child.stdin?.end();
    if (!isOver) await ended;
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

function documentedModule(): string {
  const text = readFileSync(documented, "utf8");
  const [, module] = /```python\n(# troupe_control\.py\n[\s\S]*?)```/.exec(text) ?? [];
  if (module === undefined) throw new Error("docs/control.md shows no troupe_control.py any more");
  return module;
}
