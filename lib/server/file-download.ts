import { AppError } from "#lib/contract/errors.ts";
import { fileOfLink } from "#lib/files/links.ts";
import { fileStream } from "#lib/files/read.ts";
import { attachment } from "./content-disposition.ts";
import { lengthHeader } from "./content-length.ts";
import { segmentsOf } from "./path.ts";
import { answer, type Route } from "./route.ts";

/**
 * Types that are safe to name to a browser. What it could run or render with scripts (HTML, SVG, XML) goes as plain bytes;
 * a download keeps its name and opens in the right program anyway.
 */
const namedTypes: ReadonlySet<string> = new Set([
  "application/pdf",
  "application/json",
  "application/rtf",
  "application/epub+zip",
  "application/vnd.oasis.opendocument.presentation",
  "application/vnd.oasis.opendocument.spreadsheet",
  "application/vnd.oasis.opendocument.text",
  "application/vnd.openxmlformats-officedocument.presentationml.presentation",
  "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
  "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
  "text/csv",
  "text/markdown",
  "text/plain",
]);

/** An uploaded file, byte for byte, for whoever has its address (lib/files/links.ts). No key is asked for. */
export const downloadFile: Route = (request) =>
  answer(async () => {
    const file = await fileOfLink(segmentsOf(request.url).at(-1) ?? "");
    // One answer for every reason: an address tells nothing about what was once behind it.
    if (!file)
      throw new AppError("not_found", "Not found", { details: "This address does not work, or not any more." });
    const type = file.mime?.split(";", 1)[0]?.trim().toLowerCase() ?? "";
    const headers = {
      "content-type": namedTypes.has(type) ? type : "application/octet-stream",
      [lengthHeader]: String(file.bytes),
      "content-disposition": attachment(file.name),
    };
    if (request.method === "HEAD") return new Response(null, { headers });
    return new Response(bodyOf(fileStream(file.organizationId, file.id)), { headers });
  });

/** Parts are fetched as the client takes them. A fault breaks the connection off, short of the length that was promised. */
function bodyOf(parts: AsyncGenerator<Uint8Array, void, void>): ReadableStream<Uint8Array> {
  return new ReadableStream(
    {
      async pull(controller) {
        const next = await parts.next();
        if (next.done) controller.close();
        else controller.enqueue(next.value);
      },
      async cancel() {
        await parts.return();
      },
    },
    { highWaterMark: 0 },
  );
}
