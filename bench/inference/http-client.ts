// A client that costs little beside what is measured: the form is encoded once, connections are kept.
import { Agent, request } from "node:http";

export class HttpClient {
  readonly #agent = new Agent({ keepAlive: true });
  readonly #url: URL;
  readonly #headers: Readonly<Record<string, string | number>>;
  readonly #body: Buffer;

  private constructor(url: URL, headers: Readonly<Record<string, string | number>>, body: Buffer) {
    this.#url = url;
    this.#headers = headers;
    this.#body = body;
  }

  /** Posts this form to `/inpaint` of a gateway. */
  static async of(
    gateway: string,
    form: FormData,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<HttpClient> {
    const encoded = new Response(form);
    const type = encoded.headers.get("content-type") ?? "";
    const body = Buffer.from(await encoded.arrayBuffer());
    const all = { ...headers, "content-type": type, "content-length": body.length };
    return new HttpClient(new URL("/inpaint", gateway), all, body);
  }

  /** Reads the whole answer; fails when it is not the expected one. */
  post({ expect }: { readonly expect: number }): Promise<void> {
    return new Promise((resolve, reject) => {
      const options = { method: "POST", agent: this.#agent, headers: this.#headers };
      const posted = request(this.#url, options, (response) => {
        const parts: Buffer[] = [];
        response.on("data", (part: Buffer) => parts.push(part));
        response.on("error", reject);
        response.on("end", () => {
          if (response.statusCode === expect) resolve();
          else reject(new Error(`${response.statusCode}: ${Buffer.concat(parts).toString()}`));
        });
      });
      posted.on("error", reject);
      posted.end(this.#body);
    });
  }
}
