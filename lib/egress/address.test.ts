import { describe, expect, test } from "vitest";
import { blockedAnswers } from "#lib/testing/blocked-addresses.ts";
import { classify, type AddressClass } from "./address.ts";

const table: readonly (readonly [string, AddressClass])[] = [
  ["127.0.0.1", "loopback"],
  ["127.255.255.255", "loopback"],
  ["::1", "loopback"],
  ["[::1]", "loopback"],
  ["10.0.0.0", "private network"],
  ["10.255.255.255", "private network"],
  ["172.16.0.0", "private network"],
  ["172.31.255.255", "private network"],
  ["192.168.0.0", "private network"],
  ["192.168.255.255", "private network"],
  ["fc00::", "private network"],
  ["fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "private network"],
  ["100.64.0.0", "carrier network"],
  ["100.127.255.255", "carrier network"],
  ["169.254.0.0", "link-local"],
  ["169.254.255.255", "link-local"],
  ["fe80::", "link-local"],
  ["febf:ffff::", "link-local"],
  ["169.254.169.254", "cloud metadata"],
  ["fd00:ec2::254", "cloud metadata"],
  ["100.100.100.200", "cloud metadata"],
  ["168.63.129.16", "cloud metadata"],
  ["224.0.0.0", "multicast"],
  ["239.255.255.255", "multicast"],
  ["ff02::1", "multicast"],
  ["192.0.2.255", "documentation"],
  ["198.51.100.0", "documentation"],
  ["203.0.113.255", "documentation"],
  ["2001:db8::", "documentation"],
  ["3fff:0fff::1", "documentation"],
  ["198.18.0.0", "benchmark"],
  ["198.19.255.255", "benchmark"],
  ["0.0.0.0", "this network"],
  ["0.255.255.255", "this network"],
  ["::", "this network"],
  ["240.0.0.0", "reserved"],
  ["255.255.255.255", "reserved"],
  ["::ffff:8.8.8.8", "IPv4 inside IPv6"],
  ["::8.8.8.8", "IPv4 inside IPv6"],
  ["2606:4700::5efe:7f00:1", "IPv4 inside IPv6"],
  ["64:ff9b::8.8.8.8", "translated"],
  ["64:ff9b:1::1", "translated"],
  ["2002:0808:0808::1", "translated"],
  ["2001:0:1::1", "translated"],
  ["192.88.99.1", "translated"],
  ["fe80::1%eth0", "zoned"],
  ["2606:4700::1%1", "zoned"],
  ["4000::1", "reserved"],
  ["1fff::1", "reserved"],
  ["", "invalid"],
  ["example.com", "invalid"],
  ["127.1", "invalid"],
  ["0177.0.0.1", "invalid"],
  ["2130706433", "invalid"],
  ["1.2.3.4.5", "invalid"],
  ["::1::", "invalid"],
  ["9.255.255.255", "public"],
  ["11.0.0.0", "public"],
  ["100.63.255.255", "public"],
  ["100.128.0.0", "public"],
  ["172.15.255.255", "public"],
  ["172.32.0.0", "public"],
  ["192.167.255.255", "public"],
  ["198.17.255.255", "public"],
  ["198.20.0.0", "public"],
  ["223.255.255.255", "public"],
  ["2606:4700:4700::1111", "public"],
  ["2001:4860:4860::8888", "public"],
  ["2003::1", "public"],
  ["2a00:1450:4001:81b::200e", "public"],
];

describe("what an address is for", () => {
  test.each(table)("%s is %s", (address, expected) => {
    expect(classify(address)).toBe(expected);
  });

  test("no address of the corpus counts as public", () => {
    expect(blockedAnswers.length).toBeGreaterThan(100);
    expect(blockedAnswers.filter((address) => classify(address) === "public")).toEqual([]);
  });
});
