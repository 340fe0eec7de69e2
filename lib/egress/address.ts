import ipaddr from "ipaddr.js";

/**
 * What an IP address is for. Only "public" may be reached without the operator's word (EGRESS_ALLOW).
 * Ranges: IANA special-purpose registries (RFC 6890), plus addresses that clouds use for their own metadata.
 */
export type AddressClass =
  | "public"
  | "loopback"
  | "private network"
  | "carrier network"
  | "link-local"
  | "cloud metadata"
  | "multicast"
  | "documentation"
  | "benchmark"
  | "this network"
  | "reserved"
  | "IPv4 inside IPv6"
  | "translated"
  | "zoned"
  | "invalid";

type Range<A> = readonly [net: A, bits: number, name: AddressClass];

const v4 = (cidr: string, name: AddressClass): Range<ipaddr.IPv4> => [...ipaddr.IPv4.parseCIDR(cidr), name];
const v6 = (cidr: string, name: AddressClass): Range<ipaddr.IPv6> => [...ipaddr.IPv6.parseCIDR(cidr), name];

/** First match wins. */
const v4Ranges = [
  v4("169.254.169.254/32", "cloud metadata"),
  v4("169.254.170.2/32", "cloud metadata"),
  v4("100.100.100.200/32", "cloud metadata"),
  v4("192.0.0.192/32", "cloud metadata"),
  // Azure's wire server: a public number that only means something inside Azure
  v4("168.63.129.16/32", "cloud metadata"),
  v4("0.0.0.0/8", "this network"),
  v4("10.0.0.0/8", "private network"),
  v4("100.64.0.0/10", "carrier network"),
  v4("127.0.0.0/8", "loopback"),
  v4("169.254.0.0/16", "link-local"),
  v4("172.16.0.0/12", "private network"),
  v4("192.0.0.0/24", "reserved"),
  v4("192.0.2.0/24", "documentation"),
  v4("192.31.196.0/24", "reserved"),
  v4("192.52.193.0/24", "reserved"),
  v4("192.88.99.0/24", "translated"),
  v4("192.168.0.0/16", "private network"),
  v4("192.175.48.0/24", "reserved"),
  v4("198.18.0.0/15", "benchmark"),
  v4("198.51.100.0/24", "documentation"),
  v4("203.0.113.0/24", "documentation"),
  v4("224.0.0.0/4", "multicast"),
  v4("240.0.0.0/4", "reserved"),
];

const v6Ranges = [
  v6("fd00:ec2::254/128", "cloud metadata"),
  v6("::/128", "this network"),
  v6("::1/128", "loopback"),
  v6("::ffff:0:0/96", "IPv4 inside IPv6"),
  v6("::ffff:0:0:0/96", "IPv4 inside IPv6"),
  v6("::/96", "IPv4 inside IPv6"),
  v6("64:ff9b::/96", "translated"),
  v6("64:ff9b:1::/48", "translated"),
  v6("100::/64", "reserved"),
  v6("2001::/32", "translated"),
  v6("2001:2::/48", "benchmark"),
  v6("2001::/23", "reserved"),
  v6("2001:db8::/32", "documentation"),
  v6("2002::/16", "translated"),
  v6("2620:4f:8000::/48", "reserved"),
  v6("3fff::/20", "documentation"),
  v6("5f00::/16", "reserved"),
  v6("fc00::/7", "private network"),
  v6("fe80::/10", "link-local"),
  v6("fec0::/10", "private network"),
  v6("ff00::/8", "multicast"),
];

/** The only part of IPv6 that is routed on the internet. */
const globalUnicast = ipaddr.IPv6.parseCIDR("2000::/3");

/**
 * Says what a literal address is for. Takes the forms a resolver or a parsed URL gives (dotted IPv4, IPv6 with or
 * without brackets); every other spelling is "invalid", never "public".
 */
export function classify(address: string): AddressClass {
  const bare = address.startsWith("[") && address.endsWith("]") ? address.slice(1, -1) : address;
  if (bare.includes("%")) return "zoned";
  if (ipaddr.IPv4.isValidFourPartDecimal(bare)) {
    const parsed = ipaddr.IPv4.parse(bare);
    for (const [net, bits, name] of v4Ranges) if (parsed.match(net, bits)) return name;
    return "public";
  }
  if (!bare.includes(":") || !ipaddr.IPv6.isValid(bare)) return "invalid";
  const parsed = ipaddr.IPv6.parse(bare);
  for (const [net, bits, name] of v6Ranges) if (parsed.match(net, bits)) return name;
  // ISATAP carries an IPv4 address in its last 32 bits (RFC 5214)
  if ((parsed.parts[4] === 0 || parsed.parts[4] === 0x200) && parsed.parts[5] === 0x5efe) return "IPv4 inside IPv6";
  return parsed.match(globalUnicast[0], globalUnicast[1]) ? "public" : "reserved";
}
