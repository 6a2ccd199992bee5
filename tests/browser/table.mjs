// The CSV files that figures export, as the tests read them.

/** Rows of named columns. Comment lines (`#`) and empty cells are allowed. */
export class Table {
  constructor(columns, rows) {
    this.columns = columns;
    this.rows = rows;
  }

  /** @throws {Error} when there is no header and at least one row */
  static parse(text) {
    const lines = text.replace(/^\ufeff/, '').split(/\r?\n/).filter((line) => line && !line.startsWith('#'));
    const cells = lines.map(splitLine);
    if (cells.length < 2) throw new Error(`a CSV export holds a header and rows; found: ${text.slice(0, 200)}`);
    return new Table(cells[0], cells.slice(1));
  }

  /** Index of the first column whose name matches; throws with the names there are. */
  index(pattern) {
    const found = this.columns.findIndex((name) => pattern.test(name));
    if (found < 0) throw new Error(`no column like ${pattern} among: ${this.columns.join(', ')}`);
    return found;
  }

  /**
   * `{ x, y, text }` of the rows that hold a number in both columns; `text` is y as it was written, so
   * that values can be compared to the last digit.
   * @param {RegExp} y name of the column
   * @param {RegExp} x name of the column of steps or calls
   */
  series(y, x = /^(t|step|call|iteration)s?$/i) {
    const [ix, iy] = [this.index(x), this.index(y)];
    return this.rows
      .filter((row) => row[ix] !== '' && row[iy] !== '' && Number.isFinite(Number(row[iy])))
      .map((row) => ({ x: Number(row[ix]), y: Number(row[iy]), text: row[iy] }));
  }
}

/** One line into cells; double quotes protect commas, a doubled quote is a quote. */
function splitLine(line) {
  const cells = [''];
  let quoted = false;
  for (let i = 0; i < line.length; i += 1) {
    const c = line[i];
    if (c === '"' && quoted && line[i + 1] === '"') {
      cells[cells.length - 1] += '"';
      i += 1;
    } else if (c === '"') {
      quoted = !quoted;
    } else if (c === ',' && !quoted) {
      cells.push('');
    } else {
      cells[cells.length - 1] += c;
    }
  }
  return cells.map((cell) => cell.trim());
}
