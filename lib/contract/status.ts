/** What a failure means for people: what happened, then what to do. Keys are Failure.kind, and "internal". */
export const failureDetails: Readonly<Record<string, string>> = {
  reauth: "The credentials are not accepted any more. Enter new ones.",
  denied: "The credentials may not read this. Give them permission, or enter others.",
  missing: "What was connected is not there any more. Check the settings.",
  throttled: "The provider asked to slow down for too long. The next sync tries again.",
  cursor_expired: "The provider lost track of what changed. The next sync starts again.",
  transient: "The provider could not be reached. The next sync tries again.",
  blocked: "The address is not allowed. An operator can allow it with EGRESS_ALLOW.",
  permanent: "The sync cannot go on with these settings. Check them.",
  internal: "Something went wrong inside Tributary. The next sync tries again.",
};
