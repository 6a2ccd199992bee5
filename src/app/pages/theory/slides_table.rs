//! The slides' table of methods: learning rate, batch size and momentum as they print them, and for each row a link that
//! runs it here, with what differs from the print. Rows whose structure a network lacks run on a finite sum.

use fwlab_tex::tex;
use leptos::ev;
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::Element;

use crate::app::figure::marks::escape;
use crate::app::figure::{Figure, Table};
use crate::app::lab::{Lab, Page};
use crate::app::{tr, tr_with, url, use_lab};
use crate::session::EXPERIMENT_VERSION;
use crate::session::link::Link;
use crate::session::params::parse_experiment;

/// A row of the table.
struct Row {
    /// Text key `theory.slides.<key>`: what runs here, and where it differs from the print.
    key: &'static str,
    /// As printed.
    name: &'static str,
    /// γₜ as printed (MathML).
    rate: &'static str,
    /// Text key `theory.slides.batch.<key>` and formula, the latter empty if none is printed.
    batch: (&'static str, &'static str),
    /// Text key `theory.slides.momentum.<key>`.
    momentum: &'static str,
    /// Where it runs, and the state of that page.
    page: Page,
    pairs: &'static [(&'static str, &'static str)],
}

/// The eight rows of the slides in their order, then the method the slides are about, which their table leaves out.
static ROWS: [Row; 9] = [
    Row {
        key: "reddi",
        name: "SFW (Reddi et al., 2016)",
        rate: tex!(r"\gamma_t=O\left(\sqrt{\frac{1}{TL}}\right)"),
        batch: ("mini", tex!("b=T")),
        momentum: "no",
        page: Page::Methods,
        // Fewer steps than samples: b = T is not capped.
        pairs: &[("problem", "sigmoid"), ("n", "1000"), ("T", "400"), ("race", "sfw-reddi"), ("focus", "sfw-reddi")],
    },
    Row {
        key: "asysfw",
        name: "AsySFW (Gu et al., 2019)",
        rate: tex!(r"\gamma_t=O\left(\sqrt{\frac{1}{TL}}\right)"),
        batch: ("mini", tex!("b=T")),
        momentum: "no",
        page: Page::Methods,
        pairs: &[("problem", "sigmoid"), ("n", "1000"), ("T", "400"), ("race", "asysfw"), ("focus", "asysfw")],
    },
    Row {
        key: "fw-sd",
        name: "FW-SD (Grigas et al., 2019)",
        rate: tex!(r"\gamma_t=O\left(\sqrt{\frac{1}{L}}\right)"),
        batch: ("mini", tex!(r"b_t\leq n")),
        momentum: "no",
        page: Page::Methods,
        pairs: &[
            ("problem", "softmax-free"),
            ("set", "rows"),
            ("n", "1000"),
            ("race", "fw-sd,fw-sd-in-face"),
            ("focus", "fw-sd"),
        ],
    },
    Row {
        key: "negiar",
        name: "SFW (Négiar et al., 2020)",
        rate: tex!(r"\gamma_t=\frac{2}{t+2}"),
        batch: ("mini", tex!(r"b\leq n")),
        momentum: "no",
        page: Page::Methods,
        pairs: &[("problem", "frozen"), ("r", "20"), ("n", "1000"), ("race", "negiar"), ("focus", "negiar")],
    },
    Row {
        key: "scg",
        name: "SCG (Mokhtari et al., 2020)",
        rate: tex!(r"\gamma_t=\frac{1}{T}"),
        batch: ("noise", ""),
        momentum: "increasing",
        page: Page::Methods,
        // What counts is f itself, the share that stays uncovered, at the end of T steps.
        pairs: &[
            ("problem", "coverage"),
            ("set", "k-sparse"),
            ("r", "1"),
            ("n", "1000"),
            ("race", "scg-submodular"),
            ("focus", "scg-submodular"),
            ("x", "steps"),
            ("y", "value"),
        ],
    },
    Row {
        key: "adasfw",
        name: "AdaSFW (Combettes et al., 2021)",
        rate: tex!(r"\gamma_t=\frac{2}{t+2}"),
        batch: ("mini", tex!(r"b_t=O\left(\frac{t^2}{L^2}\right)")),
        momentum: "no",
        page: Page::Methods,
        // The last of 30 steps takes 31² samples: the batch is not capped.
        pairs: &[("n", "1000"), ("T", "30"), ("race", "adasfw"), ("focus", "adasfw")],
    },
    Row {
        key: "adacsfw",
        name: "AdaCSFW (Combettes et al., 2021)",
        rate: tex!(r"\gamma_t=\frac{2}{t+2}"),
        batch: ("mini", tex!(r"b\leq n")),
        momentum: "no",
        page: Page::Methods,
        pairs: &[("race", "adacsfw"), ("focus", "adacsfw")],
    },
    Row {
        key: "nazykov",
        name: "any SFW methods (Nazykov et al., 2024)",
        rate: tex!(r"\gamma_t=\sqrt{\frac{1}{T}}"),
        batch: ("noise", ""),
        momentum: "no",
        page: Page::Methods,
        pairs: &[("problem", "sigmoid"), ("race", "heavy-ball,storm,sarah,l-svrg,coordinate"), ("focus", "storm")],
    },
    Row {
        key: "own",
        name: "SFW (Sato, Iiduka, 2025)",
        rate: tex!(r"\gamma_t=\frac{1}{(t+1)^a}"),
        batch: ("growing", tex!(r"b_t=b\,\lambda^{\lfloor t/E\rfloor}")),
        momentum: "no",
        page: Page::Train,
        pairs: &[
            ("data", "fashion-mnist"),
            ("net", "tiny"),
            ("act", "gelu"),
            ("T", "300"),
            ("every", "20"),
            ("rate", "power"),
            ("lr", "1"),
            ("a", "0.5"),
            ("batch", "growing"),
            ("b", "16"),
            ("beta", "0"),
            ("scale", "none"),
        ],
    },
];

impl Row {
    fn pairs(&self) -> Vec<(String, String)> {
        self.pairs.iter().map(|(key, value)| ((*key).to_string(), (*value).to_string())).collect()
    }

    fn address(&self) -> String {
        let mut pairs = vec![("v".to_string(), EXPERIMENT_VERSION.to_string())];
        pairs.extend(self.pairs());
        Link { page: self.page.key().into(), pairs }.to_string()
    }

    /// The words of its batch cell.
    fn batch_words(&self) -> String {
        tr(&format!("theory.slides.batch.{}", self.batch.0))
    }

    fn momentum_words(&self) -> String {
        tr(&format!("theory.slides.momentum.{}", self.momentum))
    }
}

/// The figure.
pub fn slides_table() -> AnyView {
    let lab = use_lab();
    let html = Memo::new(move |_| html());
    view! {
        <Figure
            name="slides"
            title=Signal::derive(|| tr("theory.slides.title"))
            note=Signal::derive(|| tr("theory.slides.note"))
            summary=Signal::derive(|| tr_with("theory.slides.summary", &[("n", (ROWS.len() - 1).to_string())]))
            table=Callback::new(|()| untrack(table))
        >
            // On a narrow screen it scrolls sideways, so keys must reach it.
            <div
                class="slides"
                role="region"
                tabindex="0"
                aria-label=move || tr("theory.slides.title")
                on:click=move |event| follow(lab, &event)
                inner_html=move || html.get()
            ></div>
        </Figure>
    }
    .into_any()
}

/// Opens the experiment of a pressed link in this tab, and leaves language and theme as they are.
fn follow(lab: Lab, event: &ev::MouseEvent) {
    // With a modifier the browser does what it does with links.
    if event.ctrl_key() || event.meta_key() || event.shift_key() || event.button() != 0 {
        return;
    }
    let element = event.target().and_then(|target| target.dyn_into::<Element>().ok());
    let link = element.and_then(|element| element.closest("[data-row]").ok().flatten());
    let Some(key) = link.and_then(|link| link.get_attribute("data-row")) else { return };
    let Some(row) = ROWS.iter().find(|row| row.key == key) else { return };
    event.prevent_default();
    if row.page == Page::Train {
        lab.experiment.set(parse_experiment(&row.pairs()).0);
    } else {
        lab.methods_query.set(row.pairs());
    }
    url::go(lab, row.page);
}

fn html() -> String {
    let text = |key: &str| escape(&tr(&format!("theory.slides.{key}")));
    let head = ["method", "rate", "batch", "momentum", "here"];
    let head: String = head.map(|key| format!(r#"<th scope="col">{}</th>"#, text(&format!("column.{key}")))).concat();
    let row = |row: &Row| {
        let label = tr_with("theory.slides.run_of", &[("name", row.name.to_string())]);
        format!(
            r#"<tr><th scope="row">{}</th><td>{}</td><td>{} {}</td><td>{}</td><td>{} <a class="plain" href="{}" data-row="{}" aria-label="{}">{}</a></td></tr>"#,
            escape(row.name),
            row.rate,
            escape(&row.batch_words()),
            row.batch.1,
            escape(&row.momentum_words()),
            text(row.key),
            // Inside an attribute.
            escape(&row.address()).replace('"', "&quot;"),
            row.key,
            escape(&label).replace('"', "&quot;"),
            text("run"),
        )
    };
    let rows: String = ROWS.iter().map(row).collect();
    format!("<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>")
}

fn table() -> Table {
    let columns = ["method", "batch", "momentum", "here", "link"];
    let columns = columns.map(|key| tr(&format!("theory.slides.column.{key}"))).into();
    let row = |row: &Row| {
        let here = tr(&format!("theory.slides.{}", row.key));
        vec![row.name.into(), row.batch_words(), row.momentum_words(), here, row.address()]
    };
    Table { columns, rows: ROWS.iter().map(row).collect() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::pages::methods::state::{METHODS, MethodsState};
    use crate::optim::finite_sum::{FiniteSumMethod, StepSize};
    use crate::session::params::parse;

    #[test]
    fn every_link_is_taken_literally() {
        for row in &ROWS {
            let pairs = row.pairs();
            if row.page == Page::Train {
                let (experiment, notes) = parse_experiment(&pairs);
                assert_eq!((notes, experiment.a.momentum), (Vec::new(), 0.0), "{}", row.key);
                continue;
            }
            let (state, notes): (MethodsState, _) = parse(METHODS, &pairs);
            assert_eq!(notes, [], "{}", row.key);
            assert_eq!(state.clone().settled(), state, "{}: all of its methods can run there", row.key);
            assert!(row.pairs.iter().any(|(key, _)| *key == "race"), "{}", row.key);
        }
    }

    /// The state behind a row, and the method that it is about.
    fn run(key: &str) -> (MethodsState, &'static FiniteSumMethod) {
        let row = ROWS.iter().find(|row| row.key == key).unwrap_or_else(|| panic!("no row {key}"));
        let state: MethodsState = parse(METHODS, &row.pairs()).0;
        let method = FiniteSumMethod::parse(state.focus).unwrap_or_else(|error| panic!("{error}"));
        (state, method)
    }

    #[test]
    fn the_printed_batches_are_run_and_never_capped() {
        let printed: [(&str, fn(u32, u32) -> usize); 4] = [
            ("reddi", |_, total| total as usize),
            ("asysfw", |_, total| total as usize),
            ("adasfw", |t, _| (t as usize + 2).pow(2)),
            ("scg", |_, _| 1),
        ];
        for (key, batch) in printed {
            let (state, method) = run(key);
            for t in 0..state.total {
                let found = method.batch.at(t, state.total, state.samples as usize);
                assert_eq!(found, (batch(t, state.total), false), "{key} at t = {t}");
            }
        }
    }

    #[test]
    fn the_printed_step_sizes_are_run_on_sums_of_the_printed_kind() {
        for (key, step, convex) in [
            ("reddi", StepSize::Horizon, false),
            ("asysfw", StepSize::Horizon, false),
            ("negiar", StepSize::OpenLoop, true),
            ("scg", StepSize::Share, false),
            ("adasfw", StepSize::OpenLoop, true),
            ("adacsfw", StepSize::OpenLoop, true),
            ("nazykov", StepSize::RootTotal, false),
        ] {
            let (state, method) = run(key);
            assert_eq!((method.step, state.problem.convex()), (step, convex), "{key}");
        }
    }
}
