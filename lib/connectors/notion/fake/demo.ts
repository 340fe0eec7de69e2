import {
  bookmark,
  bullet,
  callout,
  code,
  done,
  external,
  heading,
  numbered,
  paragraph,
  quote,
  table,
  todo,
  toggle,
  uploaded,
} from "./blocks.ts";
import { idFor } from "./ids.ts";
import type { FakePage, Workspace } from "./workspace.ts";

const select = (name: string) => ({ id: "s", type: "select", select: { id: name, name, color: "blue" } });
const status = (name: string) => ({ id: "st", type: "status", status: { id: name, name, color: "green" } });
const number = (value: number) => ({ id: "n", type: "number", number: value });
const date = (start: string) => ({ id: "d", type: "date", date: { start, end: null, time_zone: null } });

/** The workspace of a small company that looks after lighthouses, and `more` generated pages. */
export function fillDemo(workspace: Workspace, more: number): void {
  workspace.page("handbook", "Keeper's handbook", {
    blocks: [
      callout("Everything a new keeper needs. Ask Ada if something is missing."),
      heading(2, "Every evening"),
      numbered("Climb up before sunset"),
      numbered("Clean the lens"),
      numbered("Light the lamp", bullet("Never look into it while it burns")),
      heading(2, "Signals"),
      table(["Signal", "Meaning"], ["two flashes", "all is well"], ["long, short, long", "send the boat"]),
      quote("A light nobody sees is still a light."),
      external("image", "https://example.com/lighthouse.png", "The north tower"),
      uploaded("file", "duty-roster.pdf", "Duty roster"),
    ],
  });
  workspace.page("safety", "Safety at the lamp", {
    parent: "handbook",
    blocks: [
      todo("Check the ladder every month"),
      done("Replace the old rope"),
      toggle("What to do in a storm", paragraph("Stay inside, keep the lamp lit, and write down every ship.")),
      bookmark("https://example.com/storms", "Storm warnings"),
    ],
  });
  workspace.page("lamp", "How the lamp is driven", {
    parent: "handbook",
    blocks: [
      paragraph("The rhythm comes from a small program:"),
      code("python", "while night():\n    flash(2)\n    wait(10)"),
    ],
  });
  workspace.database("towers", "Towers", { parent: "handbook", titleProperty: "Tower" });
  for (const [name, year, state, visited] of [
    ["North rock", 1872, "Lit", "2026-10-02"],
    ["South pier", 1901, "Lit", "2026-11-11"],
    ["Old mole", 1855, "Museum", "2025-06-30"],
  ] as const) {
    workspace.page(`tower ${name}`, name, {
      source: "towers",
      properties: { Built: number(year), State: status(state), "Last visit": date(visited), Kind: select("Tower") },
      text: `${name} was built in ${year}. Its keeper sends a report every month.`,
    });
  }
  fillSynthetic(workspace, more);
}

/** Any number of small pages, one a minute, the newest with the highest number. */
export function fillSynthetic(workspace: Workspace, count: number): void {
  const begin = workspace.clock;
  for (let n = 0; n < count; n++) {
    const edited = begin - (count - n) * 60_000;
    const page: FakePage = {
      id: idFor(`synthetic ${n}`),
      title: `Log ${n}`,
      parent: null,
      blocks: [paragraph(`Entry ${n}: the light was lit at dusk.`)],
      properties: {},
      edited,
      created: edited,
      inTrash: false,
      listed: true,
      access: "shared",
      patch: {},
    };
    workspace.pages.set(page.id, page);
  }
  workspace.changed();
}
