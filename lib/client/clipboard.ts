/**
 * Puts text on the clipboard; false when the browser refuses. The clipboard API exists only on https and localhost, and
 * a console on a plain-http address of one's own network is common, so the old way is kept as a second try.
 */
export async function copyText(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const area = document.createElement("textarea");
    area.value = text;
    area.setAttribute("readonly", "");
    area.className = "sr-only";
    const host = document.querySelector("dialog[open]") ?? document.body;
    host.append(area);
    const focused = document.activeElement;
    area.select();
    const done = document.execCommand("copy");
    area.remove();
    if (focused instanceof HTMLElement) focused.focus();
    return done;
  }
}
