import ipaddr from "ipaddr.js";

/**
 * Whose an address is, for limits: an IPv4 address itself, of an IPv6 address its /64, which is what one household or one
 * machine is given to choose from.
 */
export function networkOf(address: string): string {
  if (!ipaddr.IPv6.isValid(address)) return address;
  const parts = ipaddr.IPv6.parse(address).parts.slice(0, 4);
  return `${parts.map((part) => part.toString(16)).join(":")}::/64`;
}
