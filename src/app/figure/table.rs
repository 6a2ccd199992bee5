//! The data of a figure as a table: what the CSV export saves and what is read instead of the picture.

use leptos::prelude::*;

use crate::app::{tr, tr_with};
use crate::plot;

/// Rows of text under named columns.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Table {
    pub columns: Vec<String>,
    pub rows: Vec<Vec<String>>,
}

/// More rows than this are thinned out on screen: nobody reads thousands, and the page must stay quick.
const ROWS_SHOWN: usize = 200;

/// Which of `count` rows are shown: all, or evenly spread ones with the first and the last.
fn shown(count: usize) -> Vec<usize> {
    if count <= ROWS_SHOWN {
        return (0..count).collect();
    }
    (0..ROWS_SHOWN).map(|i| i * (count - 1) / (ROWS_SHOWN - 1)).collect()
}

/// The table on screen. It holds the data of the moment it was opened, so that it can be read in peace.
pub(super) fn table_view(table: &Table, title: &str) -> AnyView {
    let indices = shown(table.rows.len());
    let caption = if indices.len() < table.rows.len() {
        let values = [
            ("title", title.to_string()),
            ("shown", plot::integer(indices.len() as u64)),
            ("all", plot::integer(table.rows.len() as u64)),
        ];
        tr_with("figure.table_thinned", &values)
    } else {
        tr_with("figure.table_caption", &[("title", title.to_string())])
    };
    let head = table.columns.iter().map(|name| view! { <th scope="col">{name.clone()}</th> }).collect_view();
    let body = indices
        .into_iter()
        .filter_map(|index| table.rows.get(index))
        .map(|row| view! { <tr>{row.iter().map(|cell| view! { <td>{cell.clone()}</td> }).collect_view()}</tr> })
        .collect_view();
    let empty = table.rows.is_empty().then(|| view! { <p class="figure-empty">{tr("figure.table_empty")}</p> });
    view! {
        <table>
            <caption>{caption}</caption>
            <thead>
                <tr>{head}</tr>
            </thead>
            <tbody>{body}</tbody>
        </table>
        {empty}
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::{ROWS_SHOWN, shown};

    #[test]
    fn long_tables_keep_their_ends() {
        assert_eq!(shown(3), [0, 1, 2]);
        let rows = shown(20_001);
        assert_eq!((rows.len(), rows.first(), rows.last()), (ROWS_SHOWN, Some(&0), Some(&20_000)));
        assert!(rows.windows(2).all(|pair| pair[0] < pair[1]));
    }
}
