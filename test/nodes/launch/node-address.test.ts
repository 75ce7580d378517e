import assert from "node:assert/strict";
import { test } from "node:test";
import { addressIn } from "#nodes/launch/node-address.ts";

const at = (address: string, internal = false) => ({
  address,
  netmask: "255.255.255.0",
  family: "IPv4" as const,
  mac: "00:00:00:00:00:00",
  internal,
  cidr: null,
});
const loopback = { lo: [at("127.0.0.1", true)] };

test("a node is where its endpoint is, also within its machine", () => {
  const none = { tailscaleIp: null };
  const interfaces = { ...loopback, eth0: [at("10.0.0.5")] };
  for (const ip of ["127.0.0.1", "10.0.0.5"]) {
    assert.deepEqual(addressIn(`tcp://${ip}:7600`, interfaces), { ...none, ip, port: 7_600 });
  }
});

test("an endpoint at all addresses, or at a file, is reached by the machine's own", () => {
  const interfaces = { ...loopback, tailscale0: [at("100.100.1.2")], eth0: [at("10.0.0.5")] };
  const machine = { ip: "10.0.0.5", tailscaleIp: "100.100.1.2" };
  assert.deepEqual(addressIn("tcp://0.0.0.0:7600", interfaces), { ...machine, port: 7_600 });
  assert.deepEqual(addressIn("ipc:///tmp/a", interfaces), { ...machine, port: null });
  const alone = { ip: null, tailscaleIp: null, port: null };
  assert.deepEqual(addressIn("ipc:///tmp/a", loopback), alone);
});

test("a tailnet is told by its interface, or by the range of its addresses", () => {
  const tailnetOf = (interfaces: Parameters<typeof addressIn>[1]) =>
    addressIn("tcp://127.0.0.1:1", interfaces).tailscaleIp;
  assert.equal(tailnetOf({ tailscale0: [at("10.1.2.3")] }), "10.1.2.3");
  for (const [address, found] of [
    ["100.63.255.255", null],
    ["100.64.0.0", "100.64.0.0"],
    ["100.127.255.255", "100.127.255.255"],
    ["100.128.0.0", null],
  ] as const) {
    assert.equal(tailnetOf({ ...loopback, utun4: [at(address)] }), found);
  }
});
