import { docx, pptx, xlsx } from "#lib/extract/testing/office.ts";
import { pdf } from "#lib/extract/testing/pdf.ts";
import type { FakeDrive } from "./drive.ts";

/** What a small company might keep in its OneDrive, and `more` generated files. */
export function fillDemo(drive: FakeDrive, more: number): void {
  const handbook = drive.folder("Handbook");
  drive.file(
    "Welcome.md",
    "# Welcome to Lighthouse Ltd\n\nWe look after forty-two lighthouses. Everything a new keeper needs is in the handbook.\n",
    { parent: handbook },
  );
  drive.file(
    "Holidays.txt",
    "Every keeper has thirty days a year. Ask two weeks ahead, so that the light is never without anybody.",
    { parent: handbook },
  );
  drive.file("Safety.pdf", Buffer.from(pdf([["Safety at the lamp", "Never look into the lamp while it is lit."]])), {
    parent: handbook,
  });
  const plans = drive.folder("Plans");
  drive.file("Next year.docx", Buffer.from(docx()), { parent: plans });
  drive.file("Budget.xlsx", Buffer.from(xlsx()), { parent: plans });
  drive.file("Board meeting.pptx", Buffer.from(pptx()), { parent: plans });
  const pictures = drive.folder("Pictures");
  drive.file("North rock.jpg", "not really a picture", { parent: pictures });
  drive.package("Notebook of Ada");
  drive.shortcut("Shared by Grace");
  if (more > 0) fillSynthetic(drive, more, drive.folder("Archive"));
}

/** Any number of small files, made when they are asked for. */
export function fillSynthetic(drive: FakeDrive, count: number, parent = drive.root): void {
  for (let n = 0; n < count; n++) {
    drive.file(`Log ${String(n).padStart(6, "0")}.txt`, () => Buffer.from(`Entry ${n}: the light was lit at dusk.`), {
      parent,
    });
  }
}
