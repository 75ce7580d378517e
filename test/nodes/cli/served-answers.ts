// A server for a moment, that answers a command as a test says.
import { createServer, type RequestListener, type Server } from "node:http";

/** Serves on a free port while `work` runs. */
export async function serving(
  listener: RequestListener,
  work: (url: string) => Promise<void>,
): Promise<void> {
  const server = createServer(listener);
  const url = await listen(server);
  try {
    await work(url);
  } finally {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
}

export async function listen(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  return `http://127.0.0.1:${typeof address === "object" && address !== null ? address.port : 0}`;
}

export const answering =
  (value: unknown): RequestListener =>
  (_, response) => {
    response.setHeader("Content-Type", "application/json");
    response.end(JSON.stringify(value));
  };
