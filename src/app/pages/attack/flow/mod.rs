//! Where the answers went: how many images the network called this before the attack and that after it; and how many
//! images were broken by which gradient call. A part of the page that is fetched when it comes near the window.

mod matrix;
mod success;

use leptos::ev;
use leptos::prelude::*;
use wasm_bindgen::JsCast;

use self::matrix::Matrix;
use self::success::SuccessFigure;
use super::desk::{Desk, attack_name};
use crate::app::figure::marks::escape;
use crate::app::figure::{Figure, Table};
use crate::app::{tr, tr_with};

/// Both figures; inside the attack page's context.
pub fn flow() -> AnyView {
    use_context::<Desk>()
        .map(|desk| {
            view! {
                <FlowFigure desk />
                <SuccessFigure desk />
            }
        })
        .into_any()
}

/// Clean answers down, attacked answers across, a number where images went from one to the other.
#[component]
fn FlowFigure(desk: Desk) -> impl IntoView {
    let matrix = Memo::new(move |_| {
        let key = desk.shown.get();
        desk.verdicts.with(|verdicts| {
            let attack = verdicts.attacks.iter().find(|verdict| verdict.key == key);
            attack.map(|attack| Matrix::of(&verdicts.clean, &attack.answers)).unwrap_or_default()
        })
    });
    let html = Memo::new(move |_| matrix.with(|matrix| html(&desk, matrix)));
    let pressed = move |event: ev::MouseEvent| {
        let element = event.target().and_then(|target| target.dyn_into::<web_sys::Element>().ok());
        let button = element.and_then(|element| element.closest("button[data-flow]").ok().flatten());
        if let Some(pair) = button.and_then(|button| button.get_attribute("data-flow")) {
            show(&desk, &pair);
        }
    };
    let note = move || {
        let name = desk.shown.with(|key| attack_name(key));
        tr_with("flow.note", &[("name", name)])
    };
    let empty = move || {
        let waiting = desk.waiting.get();
        (!waiting.is_empty()).then(|| view! { <p class="wait">{waiting}</p> })
    };
    view! {
        <Figure
            name="flow"
            class="flow"
            title=Signal::derive(move || tr("flow.title"))
            summary=Signal::derive(move || matrix.with(|matrix| summary(&desk, matrix)))
            note=Signal::derive(note)
            table=Callback::new(move |()| matrix.with(|matrix| table(&desk, matrix)))
        >
            {empty}
            <div class="flow-scroll" tabindex="0" role="region" aria-label=move || tr("flow.title") on:click=pressed>
                <table inner_html=move || html.get()></table>
            </div>
        </Figure>
    }
    .into_any()
}

/// Shows the next image that went from one class to the other large, in turn. `pair`: both numbers, with a comma.
fn show(desk: &Desk, pair: &str) {
    let numbers: Vec<usize> = pair.split(',').filter_map(|number| number.parse().ok()).collect();
    let [from, to] = numbers.as_slice() else { return };
    let (key, here) = (desk.shown.get_untracked(), desk.focus.get_untracked());
    let images = desk.verdicts.with_untracked(|verdicts| {
        let attack = verdicts.attacks.iter().find(|verdict| verdict.key == key)?;
        let pairs = verdicts.clean.iter().zip(&attack.answers).enumerate();
        Some(pairs.filter(|(_, pair)| *pair == (from, to)).map(|(image, _)| image).collect::<Vec<_>>())
    });
    let images = images.unwrap_or_default();
    let next = images.iter().find(|image| **image > here).or_else(|| images.first());
    if let Some(next) = next {
        desk.look_at(*next);
    }
}

/// The inside of the table.
fn html(desk: &Desk, matrix: &Matrix) -> String {
    if matrix.total() == 0 {
        return String::new();
    }
    let head = |scope: &str, name: &str| format!(r#"<th scope="{scope}">{}</th>"#, escape(name));
    let all = tr("flow.all");
    let columns: String = matrix.to.iter().map(|class| head("col", &desk.class(*class))).collect();
    let mut out =
        format!("<thead><tr><td>{}</td>{columns}{}</tr></thead><tbody>", escape(&tr("flow.corner")), head("col", &all));
    let most = matrix.counts.iter().flatten().max().copied().unwrap_or(1).max(1);
    for (from, row) in matrix.from.iter().zip(&matrix.counts) {
        let before = desk.class(*from);
        out += &format!("<tr>{}", head("row", &before));
        for (to, count) in matrix.to.iter().zip(row) {
            let same = if from == to { " same" } else { "" };
            if *count == 0 {
                out += &format!(r#"<td class="{}"></td>"#, same.trim());
                continue;
            }
            let values = [("n", count.to_string()), ("from", before.clone()), ("to", desk.class(*to))];
            let label = tr_with(if from == to { "flow.stays" } else { "flow.goes" }, &values);
            let label = escape(&label).replace('"', "&quot;");
            // In four steps of grey: the number says it exactly.
            let level = (4 * count).div_ceil(most);
            out += &format!(
                r#"<td class="l{level}{same}"><button type="button" data-flow="{from},{to}" aria-label="{label}" title="{label}">{count}</button></td>"#
            );
        }
        out += &format!("<td>{}</td></tr>", row.iter().sum::<usize>());
    }
    let sums: String = matrix.arrivals().iter().map(|sum| format!("<td>{sum}</td>")).collect();
    out + &format!("</tbody><tfoot><tr>{}{sums}<td>{}</td></tr></tfoot>", head("row", &all), matrix.total())
}

fn summary(desk: &Desk, matrix: &Matrix) -> String {
    let name = desk.shown.with(|key| attack_name(key));
    let total = matrix.total();
    if total == 0 {
        return tr_with("flow.waiting", &[("wait", desk.waiting.get())]);
    }
    let mut values = vec![("name", name), ("n", total.to_string()), ("same", matrix.unchanged().to_string())];
    let Some((from, to, count)) = matrix.largest_change() else { return tr_with("flow.summary_same", &values) };
    values.extend([("from", desk.class(from)), ("to", desk.class(to)), ("k", count.to_string())]);
    tr_with("flow.summary", &values)
}

/// A row a pair of classes.
fn table(desk: &Desk, matrix: &Matrix) -> Table {
    let columns = ["flow.table.from", "flow.table.to", "flow.table.images"].map(tr).to_vec();
    let rows = matrix.pairs().map(|(from, to, count)| vec![desk.class(from), desk.class(to), count.to_string()]);
    Table { columns, rows: rows.collect() }
}
