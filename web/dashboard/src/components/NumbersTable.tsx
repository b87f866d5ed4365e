// The numbers of a chart as a table, and the same rows as a CSV.
import type { Cell, NumbersSheet } from "./sheet";

export function NumbersTable({ sheet, caption }: { sheet: NumbersSheet; caption: string }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must take the keyboard
    <section class="table-scroll numbers" tabIndex={0} aria-label={caption}>
      <table>
        <caption class="visually-hidden">{caption}</caption>
        <thead>
          <tr>
            {sheet.columns.map((column, index) => (
              <th key={index} scope="col" class={index > 0 ? "number" : undefined}>
                {column}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {sheet.rows.map((row) => (
            <tr key={row.label} class={row.isUnfinished ? "unfinished" : undefined}>
              <th scope="row">
                {row.label}
                {row.isUnfinished && <span class="tag">unfinished</span>}
              </th>
              {row.cells.map((cell, index) => (
                <NumberCell key={index} cell={cell} />
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

function NumberCell({ cell }: { cell: Cell }) {
  return (
    <td class="number" title={cell.reason}>
      {cell.text}
      {cell.reason && <span class="visually-hidden">: {cell.reason}</span>}
    </td>
  );
}
