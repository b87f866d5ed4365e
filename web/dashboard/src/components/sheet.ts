// A table of numbers before it is drawn or saved: what is shown and what is downloaded are one thing.
export interface Cell {
  text: string; // as shown
  value: number | null; // as saved
  reason?: string | undefined; // why there is no value
}

export interface SheetRow {
  label: string;
  key: string; // as saved: the label of the bucket on the wire
  isUnfinished: boolean;
  cells: Cell[];
}

export interface NumbersSheet {
  columns: string[];
  rows: SheetRow[];
}

// RFC 4180 with CRLF. Text that a spreadsheet would take for a formula gets an apostrophe before it,
// by the same rule as in the server's CSV: spreadsheets skip spaces before they look, and those of East
// Asian languages read wide letters as the plain ones.
export function csvOf(sheet: NumbersSheet): string {
  const lines = [sheet.columns.map(csvText)];
  for (const row of sheet.rows) {
    lines.push([
      csvText(row.key),
      ...row.cells.map(({ value }) => (value === null ? "" : `${value}`)),
    ]);
  }
  return lines.map((line) => `${line.join(",")}\r\n`).join("");
}

function csvText(text: string): string {
  const defused = /^ *[=+\-@\t\r\n|%\uff1d\uff0b\uff0d\uff20]/.test(text) ? `'${text}` : text;
  return /[",\r\n]|^ | $/.test(defused) ? `"${defused.replaceAll('"', '""')}"` : defused;
}

export function saveCsv(sheet: NumbersSheet, fileName: string): void {
  const file = new Blob(["\ufeff", csvOf(sheet)], { type: "text/csv;charset=utf-8" });
  const address = URL.createObjectURL(file);
  const link = document.createElement("a");
  link.href = address;
  link.download = fileName;
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
}
