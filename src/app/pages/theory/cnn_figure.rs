//! The theorems over a network that was trained: the run of the Train page, its measured gaps, and the bounds with
//! constants that the engine estimates along its path. Of these only D and f* are certain, so a bound here proves
//! nothing, whichever side of the measurement it lies on; the figure says so, and of every constant where it comes from.

use leptos::ev;
use leptos::prelude::*;

use super::cnn_run::{Known, Run, Scope, plain_run, scope};
use super::desk::after;
use super::plot::{BOUND_NAMES, Curve, Frame, decades};
use super::slides_table::slides_table;
use super::words::short;
use crate::app::figure::axes::{Area, Axis};
use crate::app::figure::chart::{Chart, Course, Drawing};
use crate::app::figure::marks::{Mark, escape};
use crate::app::figure::{Figure, Room, Table};
use crate::app::lab::{Lab, Page};
use crate::app::{engine_gate, parts, tr, tr_with, url, use_lab};
use crate::plot::{cell, integer, series};
use crate::session::link::Link;
use crate::session::params::emit_experiment;
use crate::session::{Activation, Command, ConstantsNow, EXPERIMENT_VERSION, KnownConstant};

/// Height of the plot in pixels, at normal text size.
const HEIGHT: f64 = 320.0;
/// Decades at most.
const MOST: i32 = 6;

/// Room for the figure below the claims; filled when it comes near the window.
#[component]
pub fn CnnRoom() -> impl IntoView {
    view! { <Room id="cnn" class="cnn" fetch=|_| Box::pin(parts::theory_cnn()) /> }.into_any()
}

/// What the parts of the figure share.
#[derive(Clone, Copy)]
struct Sight {
    lab: Lab,
    run: Memo<Run>,
    /// Text and margins grow with the root size in stage mode: 1 or 1.125.
    unit: Memo<f64>,
    cursor: RwSignal<Option<u32>>,
    /// The constants were asked for here.
    asked: RwSignal<bool>,
}

/// The figure itself, below the slides' table of methods; a part of the page that is fetched when it comes near.
pub fn cnn() -> AnyView {
    let lab = use_lab();
    let run = Memo::new(move |_| {
        let (images, found) = (lab.train.train_images.get(), lab.train.constants.get());
        lab.train.a.with(|log| lab.experiment.with(|experiment| Run::new(log, experiment, images, found.as_ref())))
    });
    let sight = Sight {
        lab,
        run,
        unit: Memo::new(move |_| if lab.present.get() { 1.125 } else { 1.0 }),
        cursor: RwSignal::new(None),
        asked: RwSignal::new(false),
    };
    let constants =
        Memo::new(move |_| lab.train.constants.with(|now| now.as_ref().map(constants_html)).unwrap_or_default());
    view! {
        {slides_table()}
        <Figure
            name="cnn"
            title=Signal::derive(|| tr("theory.cnn.title"))
            note=Signal::derive(|| tr("theory.cnn.note"))
            summary=Signal::derive(move || summary(sight))
            table=Callback::new(move |()| untrack(|| table(sight)))
        >
            <p class="tell">{move || tr("theory.cnn.lead")}</p>
            {said(sight)}
            {button(sight)}
            {plot(sight)}
            <p class="tell strong">{move || tr("theory.cnn.proves_nothing")}</p>
            // On a narrow screen it scrolls sideways, so keys must reach it.
            <div
                class="constants"
                role="group"
                aria-label=move || tr("theory.cnn.constants")
                tabindex=move || (!constants.with(String::is_empty)).then_some("0")
                inner_html=move || constants.get()
            ></div>
            <p class="tell">{move || tr("theory.cnn.sampling")}</p>
        </Figure>
    }
    .into_any()
}

/// What the theorems do not say about the run, or that there is none; and where to find one that they cover.
fn said(sight: Sight) -> AnyView {
    let Sight { lab, run, .. } = sight;
    let reason = Memo::new(move |_| {
        let empty = run.with(|run| run.curves.is_empty());
        if empty { "none" } else { lab.experiment.with(|experiment| scope(&experiment.a).1) }
    });
    let kinks = Memo::new(move |_| {
        reason.get() != "none" && lab.experiment.with(|experiment| experiment.activation == Activation::Relu)
    });
    let address = move || {
        let mut pairs = vec![("v".to_string(), EXPERIMENT_VERSION.to_string())];
        pairs.extend(emit_experiment(&plain_run()));
        Link { page: Page::Train.key().into(), pairs }.to_string()
    };
    let follow = move |event: ev::MouseEvent| {
        // With a modifier the browser does what it does with links.
        if event.ctrl_key() || event.meta_key() || event.shift_key() || event.button() != 0 {
            return;
        }
        event.prevent_default();
        lab.experiment.set(plain_run());
        url::go(lab, Page::Train);
    };
    view! {
        {move || {
            let reason = reason.get();
            (!reason.is_empty())
                .then(|| {
                    view! {
                        <p class="tell strong" data-reason=reason>
                            {tr(&format!("theory.cnn.not.{reason}"))} " "
                            <a class="plain" href=address on:click=follow>
                                {tr("theory.cnn.open")}
                            </a>
                        </p>
                    }
                        .into_any()
                })
        }}
        {move || kinks.get().then(|| view! { <p class="tell">{tr("theory.cnn.relu")}</p> }.into_any())}
    }
    .into_any()
}

/// The button that asks the engine, and how far it is.
fn button(sight: Sight) -> AnyView {
    let Sight { lab, run, asked, .. } = sight;
    let progress = Memo::new(move |_| {
        let known = lab.train.constants.with(|now| now.as_ref().map(|now| (now.done, now.of)));
        known.or(asked.get().then_some((0, 1)))
    });
    let running = Memo::new(move |_| progress.get().is_some_and(|(done, of)| done < of));
    let ask = move |_| {
        asked.set(true);
        engine_gate::send(Command::Constants);
    };
    // Beside the words, which are read out: a count that is read out at every step is noise.
    let count = move || progress.get().filter(|_| running.get()).map(|(done, of)| format!("{done}/{of}"));
    view! {
        <p class="check-all">
            <button
                type="button"
                class="check"
                data-act="constants"
                disabled=move || run.with(|run| run.curves.is_empty())
                on:click=ask
            >
                {move || tr(if progress.get().is_some() { "theory.cnn.again" } else { "theory.cnn.estimate" })}
            </button>
            <span role="status" data-constants=move || if running.get() { "running" } else { "idle" }>
                {move || told(lab, running.get())}
            </span>
            <span class="num" aria-hidden="true">{count}</span>
        </p>
    }
    .into_any()
}

/// What the estimation came from, once it is done.
fn told(lab: Lab, running: bool) -> String {
    if running {
        return tr("theory.cnn.running");
    }
    lab.train.constants.with(|now| {
        let Some(now) = now else { return String::new() };
        let values = [
            ("t", integer(u64::from(now.t))),
            ("points", integer(now.path.len() as u64)),
            ("gradients", integer(u64::from(now.of))),
            ("n", integer(u64::from(now.reference_images))),
        ];
        tr_with("theory.cnn.done", &values)
    })
}

fn plot(sight: Sight) -> AnyView {
    let Sight { lab, run, unit, cursor, .. } = sight;
    let height = Signal::derive(move || HEIGHT * unit.get());
    let empty = move || run.with(|run| run.curves.is_empty());
    let course = Course {
        axis: Axis::Steps,
        total: Signal::derive(move || lab.experiment.with(|experiment| experiment.steps)),
        last: Signal::derive(move || run.with(last)),
        cursor,
        waiting: Signal::derive(move || if empty() { tr("theory.cnn.waiting") } else { String::new() }),
        unit: unit.into(),
    };
    let drawing = Drawing {
        marks: Callback::new(move |width| {
            let total = lab.experiment.with(|experiment| experiment.steps);
            run.with(|run| marks(run, total, unit.get(), width))
        }),
        read: Callback::new(move |steps| run.with(|run| read(run, steps))),
        why: Signal::derive(|| tr("theory.cnn.why")),
        label: Signal::derive(|| tr("theory.curves.cursor")),
        quantity: None,
    };
    view! { <Chart course drawing height more_room=BOUND_NAMES /> }.into_any()
}

/// Steps that the curves cover.
fn last(run: &Run) -> u32 {
    run.curves.last().map_or(0, |known| known.at)
}

/// The lines, and ★, which is drawn as dots: where its errors were measured.
fn curves(run: &Run) -> (Vec<Curve>, Curve) {
    let line = |read: fn(&Known) -> f64| run.curves.iter().map(|known| (f64::from(known.at), read(known))).collect();
    let named = |curve: Curve, strong: String, key: &str| {
        let Some((_, value)) = curve.last() else { return curve };
        curve.named(strong, format!("{} {}", tr(&format!("theory.curve.{key}")), short(value)))
    };
    let (number, key) =
        if run.number.is_empty() { (String::new(), "ours") } else { (format!("{} ", run.number), "printed") };
    let lines = vec![
        named(Curve::new("ln bound", Some("sum"), line(|known| known.before)), number, key),
        named(Curve::new("ln summed", Some("sum"), line(|known| known.summed)), "★★ ".into(), "summed"),
        named(Curve::new("ln fw thin", Some("gap"), line(|known| known.smallest)), String::new(), "smallest"),
        named(Curve::new("ln fw thick", Some("gap"), line(|known| known.mean)), String::new(), "mean"),
    ];
    let path = run.path.iter().map(|(t, bound)| (f64::from(*t), *bound)).collect();
    (lines, named(Curve::new("pathwise", Some("sum"), path), "★ ".into(), "pathwise"))
}

fn marks(run: &Run, total: u32, unit: f64, width: f64) -> Vec<Mark> {
    let (mut curves, star) = curves(run);
    let lines = curves.len();
    curves.push(star);
    let area = Area::new(width, 6.0, (HEIGHT - 20.0) * unit, unit).with_room(BOUND_NAMES * unit);
    let frame = Frame::new(area, area.time(total), decades(&curves, MOST));
    let mut marks = Vec::new();
    frame.values(&mut marks);
    let ticks = series::step_ticks(total).into_iter().filter(|t| *t > 0);
    let ticks: Vec<_> = ticks.map(|t| (f64::from(t), integer(u64::from(t)))).collect();
    frame.places(&mut marks, &ticks, unit);
    frame.curves(&mut marks, curves.get(..lines).unwrap_or_default());
    let floor = 10f64.powi(frame.decades.0);
    for (t, bound) in run.path.iter().filter(|(_, bound)| *bound >= floor) {
        let at = (frame.x.at(f64::from(*t)), frame.y.at(*bound));
        marks.push(Mark::Disc { class: "dot star".into(), at, r: 3.5 * unit }.of("sum"));
    }
    frame.names(&mut marks, &curves, unit);
    marks
}

/// The values after `steps` steps, as one line.
fn read(run: &Run, steps: u32) -> String {
    let steps = steps.max(1);
    let Some(known) = run.at(steps) else { return tr("theory.cnn.waiting") };
    let mut values = vec![("at", after(known.at)), ("mean", short(known.mean)), ("smallest", short(known.smallest))];
    if run.path.is_empty() && known.before.is_nan() {
        return tr_with("theory.cnn.read", &values);
    }
    values.extend([
        ("bound", short(known.before)),
        ("summed", short(known.summed)),
        ("pathwise", short(run.path_at(steps))),
    ]);
    tr_with("theory.curves.read", &values)
}

fn summary(sight: Sight) -> String {
    sight.run.with(|run| {
        let told = read(run, sight.cursor.get().unwrap_or(last(run)));
        match run.scope {
            Scope::Nothing if !run.curves.is_empty() => format!("{} {told}", tr("theory.cnn.measured_only")),
            _ => told,
        }
    })
}

fn table(sight: Sight) -> Table {
    let columns = ["T", "mean", "smallest", "printed", "summed", "pathwise"];
    sight.run.with(|run| {
        let mut steps: Vec<u32> = run.curves.iter().map(|known| known.at).collect();
        steps.extend(run.path.iter().map(|(t, _)| *t));
        steps.sort_unstable();
        steps.dedup();
        let row = |at: u32| {
            let known = run.at(at).filter(|known| known.at == at);
            let of = |read: fn(&Known) -> f64| known.as_ref().map_or_else(String::new, |known| cell(read(known)));
            let star = run.path.iter().find(|(t, _)| *t == at).map_or_else(String::new, |(_, bound)| cell(*bound));
            let before = of(|known| known.before);
            vec![at.to_string(), of(|k| k.mean), of(|k| k.smallest), before, of(|k| k.summed), star]
        };
        let mut columns: Vec<String> = columns.map(|key| tr(&format!("theory.column.{key}"))).into();
        if run.number.is_empty()
            && let Some(column) = columns.get_mut(3)
        {
            *column = tr("theory.column.ours");
        }
        Table { columns, rows: steps.into_iter().map(row).collect() }
    })
}

/// The constants as a table of HTML: what it is, how large, how well known, from how many samples, and how.
fn constants_html(now: &ConstantsNow) -> String {
    let text = |key: &str| escape(&tr(&format!("theory.cnn.{key}")));
    let head = ["constant", "value", "kind", "samples", "from"];
    let head: String = head.map(|key| format!(r#"<th scope="col">{}</th>"#, text(&format!("column.{key}")))).concat();
    let row = |known: &KnownConstant| {
        let key = known.id.key();
        let error = if known.error > 0.0 { format!(" ± {}", short(known.error)) } else { String::new() };
        let samples = if known.samples > 0 { integer(u64::from(known.samples)) } else { "–".into() };
        format!(
            r#"<tr data-constant="{key}" data-kind="{}"><th scope="row">{}</th><td class="num">{}{error}</td><td>{}</td><td class="num">{samples}</td><td>{}</td></tr>"#,
            known.kind.key(),
            text(&format!("constant.{key}")),
            short(known.value),
            text(&format!("kind.{}", known.kind.key())),
            text(&format!("from.{key}")),
        )
    };
    let rows: String = now.values.iter().map(row).collect();
    format!(
        r#"<table><caption>{}</caption><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"#,
        text("constants")
    )
}
