// What answers may be compressed with. connect-node compresses with the most that Brotli has to offer, which takes a
// hundred times as long as gzip for a fifth less: a list that costs the store a millisecond would keep a core busy for half a second.
import { promisify } from "node:util";
import { brotliCompress, constants } from "node:zlib";
import type { Compression } from "@connectrpc/connect/protocol";
import { compressionBrotli, compressionGzip } from "@connectrpc/connect-node";

const compress = promisify(brotliCompress);

/** At this quality Brotli takes as long as gzip, and answers are a little smaller. */
const params = { [constants.BROTLI_PARAM_QUALITY]: 4 };

const brotli: Compression = {
  ...compressionBrotli,
  compress: async (bytes) => new Uint8Array(await compress(bytes, { params })),
};

/** All of them, those that are preferred first. */
export const compressions: readonly Compression[] = [compressionGzip, brotli];
