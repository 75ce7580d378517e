// What a refusal quotes of a request is text on a page, and comes back as it was sent.
import assert from "node:assert/strict";
import { test } from "node:test";
import { failureResponse } from "#actors/gateway/http-message.ts";
import { refusalOf } from "#nodes/cli/told-refusal.ts";

test("a word of the request is no markup, and is told whole", async () => {
  const detail = "there is no model <b>x&y</b> für uns";
  const { status, headers, body } = failureResponse("/inpaint", { code: "invalid", detail });
  assert.equal(body, "there is no model &lt;b&gt;x&amp;y&lt;/b&gt; für uns");
  assert.equal(headers["X-Troupe-Detail"], "there is no model <b>x&y</b> f r uns");
  const told = await refusalOf(new Response(String(body), { status, headers }));
  assert.equal(told.detail, `the gateway answered 400: ${detail}`);
});
