//! The slides' own table, as quoted context: large networks on CIFAR-100, L∞, ε = 8/255, and the AutoAttack numbers of
//! RobustBench beside it. Nothing of this was measured here, and nothing here is to be compared with it.

use leptos::prelude::*;

use super::{scrolling, signed};
use crate::app::figure::marks::escape;
use crate::app::figure::{Figure, Table};
use crate::app::{tr, tr_with};
use crate::plot::{cell, fixed};

/// A network, and its accuracy in percent.
struct Row {
    /// As RobustBench calls it.
    name: &'static str,
    clean: f64,
    apgd: f64,
    auto_fw: f64,
    /// AutoAttack, from the model's card on RobustBench.
    auto_attack: f64,
}

const fn row(name: &'static str, [clean, apgd, auto_fw, auto_attack]: [f64; 4]) -> Row {
    Row { name, clean, apgd, auto_fw, auto_attack }
}

/// Sato and Iiduka 2025, in their order; the last column RobustBench (Croce et al. 2021).
static ROWS: [Row; 17] = [
    row("Wang 2023, WRN-70-16", [75.22, 48.11, 48.16, 42.67]),
    row("Wang 2023, WRN-28-10", [72.58, 44.05, 44.12, 38.83]),
    row("Debenedetti 2022, XCiT-L12", [70.76, 38.97, 39.02, 35.08]),
    row("Rebuffi 2021, WRN-70-16", [63.56, 38.28, 38.31, 34.64]),
    row("Debenedetti 2022, XCiT-M12", [69.21, 38.69, 38.77, 34.21]),
    row("Pang 2022, WRN-70-16", [65.56, 36.66, 36.71, 33.05]),
    row("Debenedetti 2022, XCiT-S12", [67.34, 37.08, 37.06, 32.19]),
    row("Rebuffi 2021, WRN-28-10", [62.41, 35.73, 35.80, 32.06]),
    row("Jia 2022, WRN-34-20", [67.31, 36.46, 36.62, 31.91]),
    row("Addepalli 2022a, WRN-34-10", [68.75, 36.84, 36.92, 31.85]),
    row("Cui 2021 (LBGAT), WRN-34-10", [62.97, 37.05, 37.17, 31.20]),
    row("Sehwag 2022, WRN-34-10", [65.93, 35.77, 35.89, 31.15]),
    row("Pang 2022, WRN-28-10", [63.66, 35.25, 35.26, 31.08]),
    row("Jia 2022, WRN-34-10", [64.89, 35.28, 35.53, 30.77]),
    row("Addepalli 2022b, WRN-34-10", [65.73, 35.64, 36.07, 30.35]),
    row("Cui 2021, WRN-34-20", [62.55, 34.08, 34.27, 30.20]),
    row("Cui 2021, WRN-34-10", [60.64, 33.99, 34.10, 29.33]),
];

impl Row {
    /// How much weaker Auto-FW is, in points.
    fn behind(&self) -> f64 {
        self.auto_fw - self.apgd
    }

    /// How far Auto-PGD stays above AutoAttack, in points.
    fn above(&self) -> f64 {
        self.apgd - self.auto_attack
    }
}

/// Rows in which Auto-FW is weaker; the smallest and the largest distance of either attack from AutoAttack, in points.
fn reading() -> (usize, f64, f64) {
    let weaker = ROWS.iter().filter(|row| row.behind() > 0.0).count();
    let smallest = ROWS.iter().map(Row::above).fold(f64::INFINITY, f64::min);
    (weaker, smallest, ROWS.iter().map(Row::above).fold(0.0, f64::max))
}

/// The figure.
pub fn quoted() -> AnyView {
    let html = Memo::new(move |_| html());
    let said = || {
        let (weaker, smallest, largest) = reading();
        let mean = ROWS.iter().map(Row::behind).sum::<f64>() / ROWS.len() as f64;
        let values = [
            ("weaker", weaker.to_string()),
            ("of", ROWS.len().to_string()),
            ("mean", fixed(mean, 2)),
            ("low", fixed(smallest, 2)),
            ("high", fixed(largest, 2)),
        ];
        tr_with("versus.quoted.reading", &values)
    };
    view! {
        <Figure
            name="quoted"
            class="quoted"
            title=Signal::derive(|| tr("versus.quoted.title"))
            note=Signal::derive(|| tr("versus.quoted.note"))
            summary=Signal::derive(said)
            table=Callback::new(|()| untrack(table))
        >
            <p class="tell strong">{move || tr("versus.quoted.warning")}</p>
            {scrolling("versus.quoted.title", "quoted", html)}
            <p class="tell">{said}</p>
            <p class="tell">{move || tr("versus.quoted.source")}</p>
        </Figure>
    }
    .into_any()
}

const COLUMNS: [&str; 7] = ["network", "clean", "apgd", "afw", "behind", "aa", "above"];

fn html() -> String {
    let head: String = COLUMNS
        .iter()
        .map(|key| format!(r#"<th scope="col">{}</th>"#, escape(&tr(&format!("versus.quoted.column.{key}")))))
        .collect();
    let row = |row: &Row| {
        let numbers = [
            fixed(row.clean, 2),
            fixed(row.apgd, 2),
            fixed(row.auto_fw, 2),
            signed(row.behind()),
            fixed(row.auto_attack, 2),
            fixed(row.above(), 2),
        ];
        let cells = numbers.map(|number| format!(r#"<td class="num">{number}</td>"#)).concat();
        format!(r#"<tr><th scope="row">{}</th>{cells}</tr>"#, escape(row.name))
    };
    let rows: String = ROWS.iter().map(row).collect();
    format!("<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>")
}

fn table() -> Table {
    let columns = COLUMNS.map(|key| tr(&format!("versus.quoted.column.{key}"))).into();
    let hundredths = |points: f64| cell((100.0 * points).round() / 100.0);
    let row = |row: &Row| {
        let behind = [hundredths(row.behind()), cell(row.auto_attack), hundredths(row.above())];
        [row.name.to_string(), cell(row.clean), cell(row.apgd), cell(row.auto_fw)].into_iter().chain(behind).collect()
    };
    Table { columns, rows: ROWS.iter().map(row).collect() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reading_is_what_the_table_says() {
        let (weaker, smallest, largest) = reading();
        assert_eq!((weaker, ROWS.len()), (16, 17));
        assert!((smallest - 3.61).abs() < 1e-9 && (largest - 5.85).abs() < 1e-9, "{smallest} {largest}");
        let mean = ROWS.iter().map(Row::behind).sum::<f64>() / 17.0;
        assert!((mean - 0.109).abs() < 0.001, "{mean}");
    }
}
