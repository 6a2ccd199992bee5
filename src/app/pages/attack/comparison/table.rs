//! The counts as tables of HTML: robust accuracy of each network under each attack, and Auto-FW against Auto-PGD image by
//! image.

use super::super::survey::percent_with_interval;
use super::{attack_label, subject_name};
use crate::app::figure::Table;
use crate::app::figure::marks::escape;
use crate::app::{Lab, tr, tr_with};
use crate::plot::{cell, fixed};
use crate::session::{Share, SurveyResults};
use crate::statistics::Pairs;

/// Who is compared with whom, by place in the slides' table: Auto-FW with both γ₀ against Auto-PGD with both losses.
const DUELS: [[usize; 2]; 4] = [[4, 2], [5, 2], [4, 3], [5, 3]];

/// Attacks of the survey.
fn attacks(results: &SurveyResults) -> usize {
    results.spec.as_ref().map_or(0, |spec| spec.contenders.len())
}

/// Names of the networks.
fn names(lab: &Lab, results: &SurveyResults) -> Vec<String> {
    let subjects = results.spec.as_ref().map(|spec| spec.subjects.as_slice()).unwrap_or_default();
    subjects.iter().map(|subject| subject_name(lab, subject)).collect()
}

fn heading(text: &str) -> String {
    format!(r#"<th scope="col">{}</th>"#, escape(text))
}

/// A share with its interval in small print; `lowest` is set in bold.
fn share_cell(share: &Share, lowest: bool) -> String {
    if share.of == 0 {
        return r#"<td class="num">–</td>"#.into();
    }
    let (low, high) = share.interval;
    let value = fixed(100.0 * share.value(), 1);
    let value = if lowest { format!("<b>{value}</b>") } else { value };
    format!(
        r#"<td class="num" data-right="{}">{value} <small>[{}, {}]</small></td>"#,
        share.count,
        fixed(100.0 * low, 1),
        fixed(100.0 * high, 1)
    )
}

/// Networks against attacks.
pub fn html(lab: &Lab, results: &SurveyResults) -> String {
    let names = names(lab, results);
    if names.is_empty() {
        return format!(r#"<p class="tell">{}</p>"#, escape(&tr("versus.empty")));
    }
    let attacks = attacks(results);
    let mut head = heading(&tr("versus.column.network")) + &heading(&tr("versus.column.clean"));
    head.extend((0..attacks).map(|attack| heading(&attack_label(attack))));
    head += &heading(&tr("versus.column.worst"));
    let row = |(subject, name): (usize, &String)| {
        let shares: Vec<Share> = (0..attacks).map(|attack| results.robust(subject, 0, attack)).collect();
        let lowest = shares.iter().filter(|share| share.of > 0).map(|share| share.count).min();
        let cells: String =
            shares.iter().map(|share| share_cell(share, share.of > 0 && Some(share.count) == lowest)).collect();
        let (clean, worst) = (share_cell(&results.clean(subject), false), share_cell(&results.worst(subject, 0), true));
        format!(r#"<tr><th scope="row">{}</th>{clean}{cells}{worst}</tr>"#, escape(name))
    };
    let rows: String = names.iter().enumerate().map(row).collect();
    format!("<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>")
}

/// What the pairs say, in words.
fn verdict(pairs: &Pairs, [a, b]: [usize; 2]) -> String {
    let n = pairs.both + pairs.only_a + pairs.only_b + pairs.neither;
    if !pairs.distinguishable() {
        return tr_with("versus.same", &[("n", n.to_string())]);
    }
    let stronger = if pairs.only_a > pairs.only_b { a } else { b };
    tr_with("versus.stronger", &[("name", attack_label(stronger))])
}

/// A network and a duel that has been fought.
struct Duel {
    network: String,
    attacks: [usize; 2],
    pairs: Pairs,
    halvings: [f64; 2],
}

fn duels(lab: &Lab, results: &SurveyResults) -> Vec<Duel> {
    let mut all = Vec::new();
    for (subject, network) in names(lab, results).into_iter().enumerate() {
        for attacks in DUELS {
            let Some(pairs) = results.pairs(subject, 0, attacks) else { continue };
            if pairs.both + pairs.only_a + pairs.only_b + pairs.neither == 0 {
                continue;
            }
            let halved = |attack| results.cell(subject, 0, attack).map_or(f64::NAN, |cell| cell.mean_halvings());
            all.push(Duel { network: network.clone(), attacks, pairs, halvings: attacks.map(halved) });
        }
    }
    all
}

const PAIR_COLUMNS: [&str; 9] = ["network", "duel", "both", "only_a", "only_b", "neither", "p", "verdict", "halvings"];

fn p_text(pairs: &Pairs) -> String {
    let p = pairs.p_value();
    if p < 0.001 { "< 0.001".into() } else { fixed(p, 3) }
}

/// Auto-FW against Auto-PGD, image by image.
pub fn pairs_html(lab: &Lab, results: &SurveyResults) -> String {
    let duels = duels(lab, results);
    if duels.is_empty() {
        return String::new();
    }
    let head: String = PAIR_COLUMNS.iter().map(|key| heading(&tr(&format!("versus.pair.{key}")))).collect();
    let row = |duel: &Duel| {
        let Pairs { both, only_a, only_b, neither } = duel.pairs;
        let [a, b] = duel.attacks;
        let counts: String =
            [both, only_a, only_b, neither].iter().map(|count| format!(r#"<td class="num">{count}</td>"#)).collect();
        format!(
            r#"<tr data-pairs="{both} {only_a} {only_b} {neither}"><th scope="row">{}</th><td>{}</td>{counts}<td class="num">{}</td><td>{}</td><td class="num">{}</td></tr>"#,
            escape(&duel.network),
            escape(&tr_with("versus.duel", &[("a", attack_label(a)), ("b", attack_label(b))])),
            escape(&p_text(&duel.pairs)),
            escape(&verdict(&duel.pairs, duel.attacks)),
            duel.halvings.map(|mean| fixed(mean, 1)).join(" / "),
        )
    };
    let rows: String = duels.iter().map(row).collect();
    let caption = escape(&tr("versus.pairs"));
    format!("<table><caption>{caption}</caption><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>")
}

/// What the figure says now.
pub fn summary(lab: &Lab, results: &SurveyResults) -> String {
    let names = names(lab, results);
    if names.is_empty() || results.clean(0).of == 0 {
        return tr("versus.empty");
    }
    let line = |(subject, name): (usize, &String)| {
        let values = [
            ("name", name.clone()),
            ("clean", percent_with_interval(&results.clean(subject))),
            ("worst", percent_with_interval(&results.worst(subject, 0))),
        ];
        tr_with("versus.line", &values)
    };
    names.iter().enumerate().map(line).collect::<Vec<_>>().join("; ")
}

/// A row a network and attack, then a row a duel, for machines.
pub fn data(lab: &Lab, results: &SurveyResults) -> Table {
    let keys = ["network", "attack", "images", "right", "share", "low", "high", "loss", "halvings", "lost", "zero"];
    let pair_keys = ["against", "both", "only_a", "only_b", "neither", "p"];
    let mut columns: Vec<String> = keys.iter().map(|key| tr(&format!("versus.table.{key}"))).collect();
    columns.extend(pair_keys.iter().map(|key| tr(&format!("versus.table.{key}"))));
    let blank = |count: usize| std::iter::repeat_n(String::new(), count);
    let counted = |share: Share| {
        let (low, high) = share.interval;
        [share.of.to_string(), share.count.to_string(), cell(share.value()), cell(low), cell(high)]
    };
    let mut rows = Vec::new();
    for (subject, name) in names(lab, results).iter().enumerate() {
        let mut row = |attack: String, share: Share, rest: Vec<String>| {
            let missing = columns.len().saturating_sub(7 + rest.len());
            let start = [name.clone(), attack].into_iter().chain(counted(share)).chain(rest);
            rows.push(start.chain(blank(missing)).collect::<Vec<_>>());
        };
        row(tr("versus.column.clean"), results.clean(subject), Vec::new());
        for attack in 0..attacks(results) {
            let Some(found) = results.cell(subject, 0, attack) else { continue };
            let loss = found.mean_best_loss().last().copied().unwrap_or(f64::NAN);
            let (lost, zero) = (found.lost_in_8_bits().to_string(), found.zero_gradients.to_string());
            let rest = vec![cell(loss), cell(found.mean_halvings()), lost, zero];
            row(attack_label(attack), results.robust(subject, 0, attack), rest);
        }
        row(tr("versus.column.worst"), results.worst(subject, 0), Vec::new());
    }
    for duel in duels(lab, results) {
        let Pairs { both, only_a, only_b, neither } = duel.pairs;
        let [a, b] = duel.attacks.map(attack_label);
        let counts = [both, only_a, only_b, neither].map(|count| count.to_string());
        let start = [duel.network, a].into_iter().chain(blank(9)).chain([b]);
        rows.push(start.chain(counts).chain([cell(duel.pairs.p_value())]).collect());
    }
    Table { columns, rows }
}
