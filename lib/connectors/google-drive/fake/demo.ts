import { pdf } from "#lib/extract/testing/pdf.ts";
import { mimes, type DriveStore } from "./store.ts";

/** A small company's Drive: two people, a shared drive, every kind of file that is synced and one that is not. */
export function fillDemo(store: DriveStore, more = 0): void {
  const folder = (name: string, parent?: string, owner = "ada") =>
    store.add({ name, mimeType: mimes.folder, owner, ...(parent === undefined ? {} : { parent }) }).id;
  const handbook = folder("Handbook");
  const travel = folder("Travel", handbook);
  const sales = folder("Sales");
  store.add({
    name: "How we work",
    mimeType: mimes.doc,
    parent: handbook,
    body: {
      text: "# How we work\n\nWe write things down, decide in the open and finish what we begin.\n\n## Meetings\n\nThirty minutes, with an agenda, or not at all.\n",
    },
  });
  store.add({
    name: "Travel policy",
    mimeType: mimes.doc,
    parent: travel,
    body: { text: "# Travel policy\n\nTrains before planes. Book two weeks ahead; hotels up to 140 a night.\n" },
  });
  store.add({
    name: "Price list",
    mimeType: mimes.sheet,
    parent: sales,
    body: {
      sheets: [
        {
          name: "Plans",
          rows: [
            ["Plan", "Price"],
            ["Starter", "19"],
            ["Team", "79"],
          ],
        },
        {
          name: "Discounts",
          rows: [
            ["Seats", "Discount"],
            ["10", "5 %"],
            ["50", "12 %"],
          ],
        },
      ],
    },
  });
  store.add({
    name: "Autumn launch",
    mimeType: mimes.slides,
    parent: sales,
    body: {
      slides: [
        { title: "Autumn launch", lines: ["One message", "Three markets"], notes: "Begin with the customer's story." },
        { title: "Dates", lines: ["Press: 3 September", "Shops: 10 September"], notes: "Confirm with logistics." },
      ],
    },
  });
  store.add({
    name: "Supplier contract.pdf",
    mimeType: "application/pdf",
    parent: sales,
    body: { bytes: pdf([["Supplier contract", "Delivery within ten working days."]], "Supplier contract") },
  });
  store.add({ name: "Notes.txt", body: { text: "Call the printer about the banners.\n" } });
  store.add({ name: "Survey", mimeType: mimes.form });
  const drive = store.addDrive("drive-engineering", "Engineering", "ada", "grace");
  store.add({
    name: "Runbook",
    mimeType: mimes.doc,
    parent: drive.id,
    body: { text: "# Runbook\n\nWhen the queue grows, look at the workers first.\n" },
  });
  const shared = store.add({
    name: "Grace's roadmap",
    mimeType: mimes.doc,
    owner: "grace",
    sharedWith: ["ada"],
    body: { text: "# Roadmap\n\nSearch in spring, sharing in summer.\n" },
  });
  store.add({ name: "Roadmap (shortcut)", mimeType: mimes.shortcut, parent: handbook, target: shared.id });
  store.add({ name: "Grace's diary", mimeType: mimes.doc, owner: "grace", body: { text: "Nobody else reads this." } });
  for (let n = 1; n <= more; n++) {
    store.add({
      name: `Ticket ${n}`,
      mimeType: mimes.doc,
      parent: handbook,
      body: { text: `# Ticket ${n}\n\nThe lamp in room ${n % 97} flickers on day ${n % 31}.\n` },
    });
  }
}
