/** Amazon's regions, by the domain of their partition. Only hosts derived from this list are ever followed to. */
const partitions: readonly { readonly domain: string; readonly regions: readonly string[] }[] = [
  {
    domain: "amazonaws.com",
    regions: [
      "us-east-1 us-east-2 us-west-1 us-west-2 ca-central-1 ca-west-1 mx-central-1 sa-east-1",
      "eu-central-1 eu-central-2 eu-west-1 eu-west-2 eu-west-3 eu-south-1 eu-south-2 eu-north-1",
      "ap-east-1 ap-east-2 ap-south-1 ap-south-2 ap-southeast-1 ap-southeast-2 ap-southeast-3 ap-southeast-4",
      "ap-southeast-5 ap-southeast-6 ap-southeast-7 ap-northeast-1 ap-northeast-2 ap-northeast-3",
      "af-south-1 il-central-1 me-central-1 me-south-1",
    ].flatMap((line) => line.split(" ")),
  },
  { domain: "amazonaws.com", regions: ["us-gov-east-1", "us-gov-west-1"] },
  { domain: "amazonaws.com.cn", regions: ["cn-north-1", "cn-northwest-1"] },
  { domain: "amazonaws.eu", regions: ["eusc-de-east-1"] },
];

export const regionPattern = /^[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?$/;

/** The regional S3 host of Amazon. A region we do not know yet is taken to be in the commercial partition. */
export function amazonHost(region: string): string {
  const partition = partitions.find((p) => p.regions.includes(region));
  return `s3.${region}.${partition?.domain ?? "amazonaws.com"}`;
}

/** The regions a bucket of this one may turn out to be in: those of the same partition. */
export function siblingRegions(region: string): readonly string[] {
  const partition = partitions.find((p) => p.regions.includes(region)) ?? partitions[0];
  return partition?.regions ?? [];
}

/** `s3.amazonaws.com`, `s3.eu-west-1.amazonaws.com`, `s3-eu-west-1.amazonaws.com`: the same as giving no endpoint. */
export function isAmazonEndpoint(host: string): boolean {
  return /^s3(?:[.-][a-z0-9-]+)?\.(?:amazonaws\.com|amazonaws\.com\.cn|amazonaws\.eu)$/.test(host);
}
