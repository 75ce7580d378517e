// The page and its files: `GET /` and `GET /static/*`.
import type { HttpRequest, HttpResponse } from "../http-message.ts";
import { pageResponse } from "../http-message.ts";
import type { PageFile, PageFiles } from "../page-files.ts";
import type { Route } from "../router.ts";

const staticPath = "/static/";

export const pageRoutes = (files: PageFiles): readonly Route[] => [
  { method: "GET", path: "/", handle: (request) => serve(files.get("index.html"), request) },
  {
    method: "GET",
    path: `${staticPath}*`,
    handle: (request) => serve(files.get(request.path.slice(staticPath.length)), request),
  },
];

// The page needs nothing from elsewhere; a script that gets into it anyway cannot call out.
const policy =
  "default-src 'self'; img-src 'self' blob: data:; object-src 'none'; base-uri 'none'; form-action 'none'";

function serve(file: PageFile | undefined, request: HttpRequest): HttpResponse {
  if (file === undefined) return pageResponse(404);
  const headers = {
    "Content-Type": file.contentType,
    "Content-Disposition": `inline; filename=${file.name}`,
    "Cache-Control": "no-cache",
    ETag: file.etag,
    "Last-Modified": file.lastModified,
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": policy,
  };
  const isKnown = etagsOf(request).includes(file.etag);
  return isKnown ? { status: 304, headers, body: "" } : { status: 200, headers, body: file.bytes };
}

const etagsOf = (request: HttpRequest): readonly string[] =>
  (request.headers.get("if-none-match") ?? "")
    .split(",")
    .map((etag) => etag.trim().replace(/^W\//, ""));
