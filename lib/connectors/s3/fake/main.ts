import { parseArgs } from "node:util";
import { SyntheticObjects } from "./objects.ts";
import { FakeS3 } from "./server.ts";

/** A store for demonstrations and benchmarks: `node lib/connectors/s3/fake/main.ts --port 9000 --objects 10000`. */
const { values } = parseArgs({
  options: {
    port: { type: "string", default: "0" },
    objects: { type: "string", default: "10000" },
    bytes: { type: "string", default: "4096" },
    bucket: { type: "string", default: "docs" },
    region: { type: "string", default: "us-east-1" },
    latency: { type: "string", default: "0" },
  },
});

const fake = await FakeS3.start({
  port: Number(values.port),
  bucket: values.bucket,
  region: values.region,
  alsoRegions: ["auto"],
  objects: new SyntheticObjects(Number(values.objects), Number(values.bytes)),
});
if (Number(values.latency) > 0) {
  fake.fault({ kind: "latency", ms: Number(values.latency), times: Number.POSITIVE_INFINITY });
}
console.log(JSON.stringify({ ...fake.metadata, allow: fake.allow.join(",") }));

for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.on(signal, () => void fake.close().then(() => process.exit(0)));
}
