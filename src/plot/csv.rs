//! Comma-separated values as in RFC 4180: a header, CRLF line ends, quotes where a cell needs them.

/// A header and rows as CSV text. Numbers written for reading, with a true minus sign, become machine numbers.
pub fn csv(columns: &[String], rows: &[Vec<String>]) -> String {
    let mut text = String::new();
    line(&mut text, columns);
    for row in rows {
        line(&mut text, row);
    }
    text
}

fn line(text: &mut String, cells: &[String]) {
    for (i, cell) in cells.iter().enumerate() {
        if i > 0 {
            text.push(',');
        }
        field(text, cell);
    }
    text.push_str("\r\n");
}

fn field(text: &mut String, cell: &str) {
    if let Some(digits) = cell.strip_prefix('−')
        && crate::number::parse(digits).is_some()
    {
        text.push('-');
        text.push_str(digits);
    } else if cell.contains([',', '"', '\r', '\n']) {
        text.push('"');
        text.push_str(&cell.replace('"', "\"\""));
        text.push('"');
    } else {
        text.push_str(cell);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(cells: &[&str]) -> Vec<String> {
        cells.iter().map(|cell| (*cell).to_string()).collect()
    }

    #[test]
    fn cells_are_quoted_where_they_must_be() {
        let text = csv(&row(&["t", "gap, full", "a \"b\""]), &[row(&["1", "two\nlines", "0.5"])]);
        assert_eq!(text, "t,\"gap, full\",\"a \"\"b\"\"\"\r\n1,\"two\nlines\",0.5\r\n");
    }

    #[test]
    fn a_true_minus_becomes_a_machine_one() {
        assert_eq!(csv(&row(&["x"]), &[row(&["−1.50"]), row(&["−"])]), "x\r\n-1.50\r\n−\r\n");
    }
}
